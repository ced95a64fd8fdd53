"""What many simulations showed, added up: the same whatever the order in which they were done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from harness.explore.sometimes import met
from harness.explore.wording import wording
from harness.simulation.backstage import Backstage
from harness.simulation.checkers import judge
from harness.simulation.hazards import diagnose
from harness.simulation.loop import Deadlock
from harness.simulation.record import Record
from harness.simulation.scenario import Scenario
from harness.simulation.simulate import simulate

# A finding by what it says: the invariant, or hazard, and the wording.
Key = tuple[str, str]

DEADLOCK: Final = "deadlock"


class SearchError(Exception):
    """A simulation failed by itself: says which, so that it can be looked at."""


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that show the same: how many, the ``first`` seed, and the ``smallest`` of their scenarios."""

    runs: int
    first: int
    smallest: Scenario

    def __add__(self, other: "Group") -> "Group":
        smallest = min(self.smallest, other.smallest, key=lambda one: (one.size, one.seed))
        return Group(self.runs + other.runs, min(self.first, other.first), smallest)


@dataclass
class Tally:
    """``runs`` simulations with ``operations`` KV operations; ``met`` counts runs by property."""

    runs: int = 0
    operations: int = 0
    violations: dict[Key, Group] = field(default_factory=dict)
    hazards: dict[str, Group] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    fingerprint: int = 0

    def add(self, scenario: Scenario, record: Record) -> None:
        """Judge one more."""
        self.runs += 1
        self.operations += len(record.asked)
        self.met.update(met(record))
        self.fingerprint ^= int(record.fingerprint, 16)
        for key in violated(record):
            self._note(key, scenario)
        for hazard in sorted({one.hazard for one in diagnose(record)}):
            group = Group(1, scenario.seed, scenario)
            self.hazards[hazard] = self.hazards[hazard] + group if hazard in self.hazards else group

    def add_deadlock(self, scenario: Scenario, deadlock: Deadlock) -> None:
        """One more, in which nobody could go on."""
        self.runs += 1
        self._note((DEADLOCK, wording(str(deadlock))), scenario)

    def _note(self, key: Key, scenario: Scenario) -> None:
        group = Group(1, scenario.seed, scenario)
        self.violations[key] = self.violations[key] + group if key in self.violations else group

    def merge(self, other: "Tally") -> None:
        self.runs += other.runs
        self.operations += other.operations
        self.met.update(other.met)
        self.fingerprint ^= other.fingerprint
        for key, group in other.violations.items():
            self.violations[key] = self.violations[key] + group if key in self.violations else group
        for hazard, group in other.hazards.items():
            self.hazards[hazard] = self.hazards[hazard] + group if hazard in self.hazards else group


def violated(record: Record) -> set[Key]:
    """What is violated, by invariant and wording."""
    return {
        (verdict.invariant, wording(finding.what))
        for verdict in judge(record)
        for finding in verdict.findings
    }


@cache
def backstage() -> Backstage:
    """The one of this process, loaded when it is first asked for."""
    return Backstage()


def tallied(scenarios: Sequence[Scenario]) -> Tally:
    """Simulate each of the scenarios. Raises SearchError."""
    tally = Tally()
    for scenario in scenarios:
        try:
            tally.add(scenario, simulate(scenario, backstage()))
        except Deadlock as deadlock:
            tally.add_deadlock(scenario, deadlock)
        except Exception as error:
            raise SearchError(f"{type(error).__name__}: {error}, in {scenario}") from error
    return tally
