"""What a finished rehearsal found, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.explore.search import Damage
from harness.explore.tally import Tally
from harness.model.course import Course
from harness.model.decision import Decision, Extent
from harness.model.scenario import Scenario
from harness.rehearsal.forecast import Forecast


@dataclass(frozen=True)
class Part:
    """One of the searches: the ``scenarios`` that it visited, ``what`` that is, and what it ``tally``-ed.

    ``anew`` of the schedules met something new.
    """

    name: str
    what: str
    tally: Tally
    scenarios: Sequence[Scenario]
    anew: int = 0


@dataclass(frozen=True)
class Result:
    """A finished rehearsal. ``unmet`` are sentences on what must have happened, and did not.

    ``forecast`` is what the migration will take of the whole namespace, None where no walk came to its end;
    ``base`` has the conditions and the write rate of the searches. ``course`` is what the operator did in the
    walk through the most entries.
    """

    parts: Sequence[Part]
    damage: Sequence[Damage]
    unmet: Sequence[str]
    oddities: Sequence[str]
    forecast: Forecast | None = None
    base: Scenario = field(default_factory=Scenario)
    seeds: Sequence[range] = ()
    course: Course | None = None

    @property
    def vacuous(self) -> list[str]:
        """The invariants that had nothing to look at."""
        return sum((part.tally for part in self.parts), Tally()).vacuous

    @property
    def decision(self) -> Decision:
        """Go or no go."""
        looked = sum((part.tally.looked for part in self.parts), Extent())
        return Decision([one.finding.what for one in self.damage], looked, self.unmet)
