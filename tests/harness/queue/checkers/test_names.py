"""The table of checkers calls each by the invariant that it judges."""

from harness.migrations.queue.checkers import CHECKERS, judge
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode


def test_verdicts_are_on_the_invariants_that_were_asked_for() -> None:
    record = simulate(Scenario(producers=1, daemons=1), WorkerCode(QUEUE_WORKER))
    assert [verdict.invariant for verdict in judge(record)] == list(CHECKERS)
    assert [verdict.invariant for verdict in judge(record, ["I7", "I2"])] == ["I7", "I2"]
