"""What many simulations showed, added up in any order."""

from dataclasses import replace
from itertools import permutations

import pytest

from harness.engine.loop import Deadlock
from harness.explore.tally import DEADLOCK, Batch, Group, Tally, tallied
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.explore.system import Queue, SearchError, seen, worker_code
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS
from harness.system.code import WorkerCode
from kvstore.faults import Fault
from tests.harness.queue.simulation.runs import run

# Scenarios that violate something, some of the same size.
SCENARIOS = [
    Scenario(conditions="local", tasks=1, runs=1, faults=(Fault("crash", at, "operator-1.2"),))
    for at in (5, 6, 7)
] + [draw(seed, Scenario(conditions="local")) for seed in (1, 2)]


def added(*tallies: Tally) -> Tally:
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total


def test_the_order_in_which_parts_are_added_is_all_the_same() -> None:
    parts = [tallied(Batch(Queue(OURS), [scenario])) for scenario in SCENARIOS]
    whole = tallied(Batch(Queue(OURS), SCENARIOS))
    assert whole.violations
    assert whole.runs == len(SCENARIOS)
    for order in permutations(parts):
        assert added(*order) == whole


def test_a_group_keeps_its_first_seed_and_its_smallest_scenario() -> None:
    small, large = Scenario(seed=9, tasks=1), Scenario(seed=2, tasks=5)
    group = Group(1, 9, small) + Group(3, 2, large)
    assert group == Group(4, 2, small) == Group(3, 2, large) + Group(1, 9, small)
    twins = [replace(small, faults=(Fault("crash", 1, name),)) for name in ("operator-1.1", "daemon-1.1")]
    one, other = (Group(1, 9, twin) for twin in twins)
    assert one + other == other + one


def test_a_tally_counts_what_a_record_shows() -> None:
    record = run("conditions=local tasks=1 faults=crash@operator-1.2:6")
    tally = Tally()
    tally.add(record.scenario, seen(record, judge(record)))
    assert tally.looked.operations == len(record.asked)
    assert tally.met["a crash"] == 1
    assert tally.fingerprint == int(record.fingerprint, 16)
    assert all(group.runs == 1 and group.smallest == record.scenario for group in tally.violations.values())


def test_a_deadlock_is_a_violation() -> None:
    tally = Tally()
    tally.add_deadlock(Scenario(seed=7), Deadlock("nobody can go on; waiting: simulation"))
    assert [key[0] for key in tally.violations] == [DEADLOCK]
    assert tally.runs == 1


def test_a_simulation_that_fails_by_itself_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr("harness.migrations.queue.explore.system.simulate", fail)
    with pytest.raises(SearchError, match="KeyError: 'broken', in seed=3 tasks=1"):
        tallied(Batch(Queue(OURS), [Scenario(seed=3, tasks=1)]))


def test_a_worker_is_loaded_once() -> None:
    assert worker_code(OURS) is worker_code(OURS)
    assert isinstance(worker_code(OURS), WorkerCode)
