"""One comparison: what ours took, what the other took, and what was to be reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Measurement:
    """``ours`` and ``other`` in ``unit``; ``other`` is None when there is nothing to compare with.

    ``bar`` is what ``ours / other`` must be at least or at most; without ``other``, what ``ours`` must be. It
    is None where nothing was asked for.
    ``missing`` says why nothing was measured.
    """

    what: str
    unit: str = ""
    ours: float = 0
    other: float | None = None
    of: str = ""
    rule: Literal["at least", "at most"] = "at most"
    bar: float | None = 1
    missing: str = ""

    @property
    def ratio(self) -> float:
        return self.ours if self.other is None else self.ours / self.other

    @property
    def holds(self) -> bool:
        if self.bar is None:
            return True
        return self.ratio >= self.bar if self.rule == "at least" else self.ratio <= self.bar

    def as_json(self) -> dict[str, Any]:
        if self.missing:
            return {"what": self.what, "missing": self.missing}
        shown = {"what": self.what, "unit": self.unit, "ours": self.ours, "other": self.other, "of": self.of}
        return {**shown, "ratio": self.ratio, "rule": self.rule, "bar": self.bar, "holds": self.holds}


def table(measurements: Iterable[Measurement]) -> str:
    """The measurements as a table in Markdown."""
    lines = ["| what | ours | compared with | ratio | bar | |", "|---|---|---|---|---|---|"]
    for measured in measurements:
        if measured.missing:
            lines.append(f"| {measured.what} | – | {measured.missing} | | | not measured |")
            continue
        other = "" if measured.other is None else f"{measured.of}: {_number(measured.other)} {measured.unit}"
        ratio = "" if measured.other is None else f"{_number(measured.ratio)} ×"
        bar = verdict = ""
        if measured.bar is not None:
            bar = f"{measured.rule} {measured.bar:g}{' ×' if ratio else ' ' + measured.unit}"
            verdict = "holds" if measured.holds else "**missed**"
        ours = f"{_number(measured.ours)} {measured.unit}"
        lines.append(f"| {measured.what} | {ours} | {other} | {ratio} | {bar} | {verdict} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
