"""The invariants that compare two simulations: one, and what should have come of it without something.

Each file says which scenario to compare with (``reference``), and judges the two records. The second is
simulated when it is asked for: where it can make no difference, nobody does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.migrations.queue.comparisons import crash_closure, pagination, staleness
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
    Comparison("I12", crash_closure.reference, crash_closure.crash_closure),
    Comparison("I23", pagination.reference, pagination.pagination),
    Comparison("I26", staleness.reference, staleness.staleness_tolerance),
)
