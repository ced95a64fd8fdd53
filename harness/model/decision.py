"""GO, NO-GO or neither: decided here, from what is violated and from how much was looked at.

Whatever judges, a rehearsal, a search, a checklist, says how much that was (`Extent`). Nothing violated
where nothing was looked at is no GO.
"""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any, Final, Literal

from harness.terminal.exit_codes import HELD, INCONCLUSIVE, VIOLATED

Word = Literal["go", "no-go", "inconclusive"]

_EXIT_CODES: Final[dict[Word, int]] = {"go": HELD, "no-go": VIOLATED, "inconclusive": INCONCLUSIVE}


@dataclass(frozen=True, slots=True)
class Extent:
    """How much was run and judged; that of several runs adds up.

    runs        migrations that were rehearsed or simulated to their end
    requests    requests that were answered
    operations  what was asked of KV and D1, or commands that were sent to a Redis server
    moved       entries that the migration took on; where nobody migrates, entries that anybody wrote
    planned     faults that were planned, ``fired`` those that happened
    """

    runs: int = 0
    requests: int = 0
    operations: int = 0
    moved: int = 0
    planned: int = 0
    fired: int = 0

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def is_idle(self) -> bool:
        """Whether requests were answered without a look at the data: what was found says nothing then."""
        return self.requests > 0 and self.operations == 0

    @property
    def missing(self) -> list[str]:
        """What did not happen, and must have for a GO."""
        if not self.runs:
            return ["nothing was run"]
        if not self.requests:
            return ["no request was answered"]
        if not self.operations:
            return ["KV and D1 were never asked"]
        return (
            []
            if self.moved
            else ["nothing was moved or claimed: there was nothing to do, or it was not done"]
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from ``violated`` (a name or a sentence each), what was ``looked`` at, and ``unmet``.

    ``unmet`` are sentences about what else must have happened, and did not. ``looked`` is None where each
    judgement says by itself what it was made from.
    """

    violated: Sequence[str]
    looked: Extent | None
    unmet: Sequence[str] = ()

    @property
    def verdict(self) -> Word:
        if self.violated and not (self.looked and self.looked.is_idle):
            return "no-go"
        return "inconclusive" if self._missing else "go"

    @property
    def reasons(self) -> list[str]:
        """Why it is no GO."""
        return list(self.violated) if self.verdict == "no-go" else self._missing

    @property
    def _missing(self) -> list[str]:
        return [*(self.looked.missing if self.looked else ()), *self.unmet]

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES[self.verdict]

    def as_json(self) -> dict[str, Any]:
        """Members of a report."""
        looked = {} if self.looked is None else {"looked": asdict(self.looked)}
        return {"verdict": self.verdict, "reasons": self.reasons, **looked}

    def as_text(self, go: str, no_go: str) -> str:
        """The last word of a report: ``go`` and ``no_go`` say what that means there."""
        if self.verdict == "inconclusive":
            clean = "" if self.violated else "nothing was violated, but "
            return f"INCONCLUSIVE: {clean}{'; '.join(self.reasons)}"
        return f"GO: {go}" if self.verdict == "go" else f"NO-GO: {no_go}"
