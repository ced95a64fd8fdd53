"""Judges a simulation whole, by its record and by comparing it with others; and says how much there was."""

from functools import partial

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.checkers.copies import copies
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.layout import belongs_to_migration
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.model.decision import Extent
from harness.model.verdict import Verdict
from harness.system.deployment import Code

_MOST_KEPT = 32


class Judgement:
    """Judges simulations with the Worker of ``worker_code``; what they are compared with is kept a while."""

    def __init__(self, worker_code: Code) -> None:
        self._worker_code = worker_code
        self._kept: dict[Scenario, Record] = {}

    def verdicts(self, record: Record) -> list[Verdict]:
        """On every invariant there is something to say of, in the order of their numbers.

        Requests that are answered at once, in an order of operations, are compared with nothing.
        """
        found = judge(record)
        if record.scenario.at_once:
            return found
        compared = [
            comparison.judge(record, found, partial(self._simulated, reference))
            for comparison in COMPARISONS
            if (reference := comparison.reference(record.scenario)) is not None
        ]
        return sorted([*found, *compared], key=lambda verdict: int(verdict.invariant[1:]))

    def _simulated(self, scenario: Scenario) -> Record:
        if scenario not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[scenario] = simulate(scenario, self._worker_code)
        return self._kept[scenario]


def extent_of(record: Record) -> Extent:
    """What was moved are the copies; of requests that are sent at once, every write to the queue counts."""
    if record.scenario.at_once:
        moved = sum(belongs_to_migration(event.key) for event in record.writes)
    else:
        moved = sum(1 for _ in copies(record))
    return Extent(
        runs=1,
        requests=sum(call.status is not None for call in record.calls),
        operations=len(record.asked),
        moved=moved,
        planned=len(record.scenario.faults),
        fired=len(record.fired),
    )


def never_happened(record: Record) -> list[str]:
    """A sentence for each planned fault that did not happen."""
    planned = [str(fault) for fault in record.scenario.faults]
    return [f"{one} never happened" for one in planned if one not in record.fired]
