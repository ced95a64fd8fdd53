"""The report of what a GO is worth: at most a screen, the gravest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.mutation.hunt import NOT_STARTED, NOTICED, SAME, SURVIVED, Hunt
from harness.mutation.results import Results
from harness.terminal.lines import command_line, text_of

_SCREEN: Final = 45


@dataclass(frozen=True)
class Reported:
    """What the hunts were about: sentences of ``head``, the Worker's ``folder``, and what the rehearsal said.

    ``again`` are the arguments for the same mistakes again, ``at_least`` is the share (percent) asked for.
    """

    head: Sequence[str]
    folder: Path
    verdict: str
    again: Sequence[str]
    at_least: int | None


def as_json(reported: Reported, results: Results, seconds: float) -> dict[str, Any]:
    """Every hunt, and what they add up to."""
    return {
        "about": list(reported.head),
        "verdict": reported.verdict,
        "again": command_line(["rehearse", *reported.again]),
        "mistakes": results.every,
        "drawn": results.drawn,
        "hunted": len(results.hunts),
        "different": results.different,
        "noticed": len(results.of(NOTICED)),
        "survived": len(results.of(SURVIVED)),
        "noDifferenceSeenSoFar": len(results.of(SAME)),
        "didNotStart": len(results.of(NOT_STARTED)),
        "percent": None if results.share is None else round(results.share, 1),
        "byRule": {rule: dict(counts) for rule, counts in sorted(results.by_rule.items())},
        "survivors": [_survivor_json(reported, one) for one in results.survivors],
        "hunts": [one.as_json() for one in results.hunts],
        "seconds": round(seconds, 3),
    }


def _survivor_json(reported: Reported, one: Hunt) -> dict[str, Any]:
    before, after = _diff(reported, one)
    return {"place": str(one.mutant), "minus": before, "plus": after, **one.as_json()}


def as_text(reported: Reported, results: Results, seconds: float) -> str:
    """The report for a person."""
    lines = [*reported.head, ""]
    lines += _survivors(reported, results.survivors, _SCREEN - len(lines) - 6)
    return text_of([*lines, *_conclusion(reported, results, seconds)])


def _survivors(reported: Reported, survivors: Sequence[Hunt], room: int) -> list[str]:
    lines: list[str] = []
    shown = 0
    for one in survivors:
        before, after = _diff(reported, one)
        assert one.differs is not None
        mine = [f"{one.mutant}", f"    - {before}", f"    + {after}"]
        mine.append(f"    differs in {one.differs.kind}: {one.differs.what}")
        if len(text_of([*lines, *mine]).splitlines()) > room:
            break
        lines += mine
        shown += 1
    left = survivors[shown:]
    if left:
        lines.append(
            f"and {len(left):,} more (--json has all): {', '.join(str(one.mutant) for one in left[:8])}"
        )
    return [*lines, ""] if lines else []


def _conclusion(reported: Reported, results: Results, seconds: float) -> list[str]:
    noticed, survived = len(results.of(NOTICED)), len(results.of(SURVIVED))
    lines = []
    if len(results.hunts) < results.drawn:
        lines.append(f"Stopped after {len(results.hunts):,} of {results.drawn:,} mistakes.")
    same, unstarted = len(results.of(SAME)), len(results.of(NOT_STARTED))
    others = f"{same:,} more made no difference seen so far, {unstarted:,} did not start"
    if results.share is None:
        return [*lines, f"INCONCLUSIVE: no mistake made a difference ({others}; {seconds:.1f} s)"]
    these = f"; the {survived:,} above it would not" if survived else ""
    lines.append(
        f"Of {results.different:,} mistakes that make a difference your rehearsal would notice {noticed:,} "
        f"({results.share:.0f} %){these} ({others}; {seconds:.1f} s)"
    )
    if reported.at_least is not None and results.share < reported.at_least:
        lines.append(f"Less than the {reported.at_least} % that --at-least asks for.")
    return [*lines, f"The same again: {command_line(['rehearse', *reported.again])}"]


def _diff(reported: Reported, one: Hunt) -> tuple[str, str]:
    return one.mutant.diff((reported.folder / one.mutant.file).read_text(encoding="utf-8"))
