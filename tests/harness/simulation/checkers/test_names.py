"""The table of checkers calls each by the invariant that it judges."""

from harness.simulation.backstage import Backstage
from harness.simulation.checkers import CHECKERS, judge
from harness.simulation.scenario import Scenario
from harness.simulation.simulate import simulate


def test_verdicts_are_on_the_invariants_that_were_asked_for() -> None:
    record = simulate(Scenario(producers=1, daemons=1), Backstage())
    assert [verdict.invariant for verdict in judge(record)] == list(CHECKERS)
    assert [verdict.invariant for verdict in judge(record, ["I7", "I2"])] == ["I7", "I2"]
