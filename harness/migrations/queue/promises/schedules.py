"""What schedules show of one migration: hazards that did harm, and invariants that were violated."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from harness.engine.loop import Deadlock
from harness.explore.tally import DEADLOCK, Batch, Group
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.explore.sometimes import met
from harness.migrations.queue.hazards import diagnose
from harness.migrations.queue.judgement import extent_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.decision import Extent

# Hazards whose harm shows only beside another run: they count wherever they are recognised.
_BY_COMPARISON: Final = frozenset({"I12", "I23", "I26"})


@dataclass
class Schedules:
    """Simulations added up: what was ``looked`` at, groups by hazard and by invariant, ``met`` by property.

    A hazard counts where an invariant is violated that it violates: before a migration has deployed anything
    the old code may do what it likes.
    """

    looked: Extent = field(default_factory=Extent)
    hazards: dict[str, Group] = field(default_factory=dict)
    violations: dict[str, Group] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)

    @property
    def runs(self) -> int:
        return self.looked.runs

    def add(self, scenario: Scenario, record: Record) -> None:
        self.looked += extent_of(record)
        self.met.update(met(record))
        violated = {verdict.invariant for verdict in judge(record) if not verdict.held}
        for invariant in sorted(violated):
            _note(self.violations, invariant, Group(1, scenario.seed, scenario))
        for one in diagnose(record):
            if violated & set(one.invariants) or _BY_COMPARISON & set(one.invariants):
                _note(self.hazards, one.hazard, Group(1, scenario.seed, scenario))

    def add_deadlock(self, scenario: Scenario) -> None:
        self.looked += Extent(runs=1)
        _note(self.violations, DEADLOCK, Group(1, scenario.seed, scenario))

    def merge(self, other: "Schedules") -> None:
        self.looked += other.looked
        self.met.update(other.met)
        for mine, theirs in ((self.hazards, other.hazards), (self.violations, other.violations)):
            for name, group in theirs.items():
                _note(mine, name, group)


def _note(groups: dict[str, Group], name: str, group: Group) -> None:
    groups[name] = groups[name] + group if name in groups else group


def scheduled(batch: Batch) -> Schedules:
    """Simulate and judge each of the scenarios. Raises SearchError."""
    schedules = Schedules()
    for scenario in batch.scenarios:
        try:
            schedules.add(scenario, batch.system.simulate(scenario))
        except Deadlock:
            schedules.add_deadlock(scenario)
    return schedules
