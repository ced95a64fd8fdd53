"""Judges a simulation whole: by its record, and by comparing it with others."""

from functools import partial

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
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
