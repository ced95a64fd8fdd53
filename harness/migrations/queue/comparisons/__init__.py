"""The invariants that compare two simulations: one, and what should have come of it without something.

Each says which scenario to compare with (``reference``), and judges the two records. The second is simulated
when it is asked for, and that is not done where it can make no difference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.migrations.queue.comparisons import invariants
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """``reference`` gives the scenario to compare with, None where there is nothing to compare.

    ``judge`` takes a record, the verdicts on that by itself, and what simulates the reference.
    """

    invariant: str
    reference: Callable[[Scenario], Scenario | None]
    judge: Callable[[Record, Sequence[Verdict], Callable[[], Record]], Verdict]


COMPARISONS: tuple[Comparison, ...] = (
    Comparison("I12", invariants.without_faults, invariants.crash_closure),
    Comparison("I23", invariants.with_whole_pages, invariants.pagination),
    Comparison("I26", invariants.in_time, invariants.staleness_tolerance),
)
