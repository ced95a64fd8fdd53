"""What is known of a simulation when it is over."""

import json

from harness.migrations.queue.simulation.record import Around
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import BEGIN_MS, simulate
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode
from kvstore import Entry
from tests.harness.queue.simulation.runs import call, run

BUSY = "seed=3 tasks=4 leases=1 colos=2 producers=1 daemons=2 operators=2 faults=crash@operator-1.2:2"


def test_a_scenario_is_one_run() -> None:
    worker_code = WorkerCode(QUEUE_WORKER)
    first, second = (simulate(Scenario.read(BUSY), worker_code) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    assert first.calls == second.calls
    assert first.asked == second.asked
    assert run("seed=4").fingerprint != run("seed=5").fingerprint


def test_every_request_is_in_the_history_twice_and_in_order() -> None:
    record = run(BUSY)
    times = [event.at for event in record.history]
    assert times == sorted(times)
    assert [event.call.name for event in record.history if event.kind == "invoke"] == [
        one.name for one in sorted(record.calls, key=lambda one: one.sent)
    ]
    assert len(record.history) == 2 * len(record.calls)
    assert json.dumps([event.as_json() for event in record.history])


def test_a_request_that_was_cut_off_ended_nobody_knows_how() -> None:
    cut_off = call(run("conditions=local faults=crash@operator-1.2:9"), "operator-1.2")
    assert (cut_off.status, cut_off.outcome, cut_off.answer) == (None, "info", None)
    assert cut_off.operations == 9  # it asked for the ninth


def test_a_write_belongs_to_a_request_and_lies_within_it() -> None:
    record = run(BUSY)
    by_name = {one.name: one for one in record.calls}
    assert record.writes
    for place, write in enumerate(record.writes):
        maker = by_name[write.invocation]
        assert maker.first <= place < maker.last
        assert maker.sent <= write.at <= maker.answered


def test_states_follow_from_the_writes() -> None:
    record = run(BUSY)
    place = 0
    for place, (_, state) in enumerate(record.timeline(), 1):
        assert state == record.state_at(place).entries
    assert place == len(record.writes)
    assert record.state_at(0).entries == record.start.entries
    left = record.state_at(place).entries
    alive = {
        key: entry
        for key, entry in left.items()
        if entry.expiration is None or entry.expiration * 1000 > record.ended
    }
    assert record.final.entries == alive


def test_the_states_around_requests_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    """Of a large namespace only the latest are kept."""
    record = run("seed=3 tasks=6 leases=1 migration=safe strategy=zero-downtime budget=50 daemons=1")
    names, forward = list(record.around), Around(record.start.entries, record.writes, record.by_name)
    backward = Around(record.start.entries, record.writes, record.by_name)
    forward._most = backward._most = 2
    assert len(names) > 3
    there = {name: forward[name] for name in names}
    back = {name: backward[name] for name in reversed(names)}
    assert there == back == {name: record.around[name] for name in names}


def test_the_states_around_a_run_are_without_what_is_over() -> None:
    record = run(BUSY)
    for name, (before, after) in record.around.items():
        one = call(record, name)
        for state, place, at in ((before, one.first, one.sent), (after, one.last, one.answered)):
            expected = {
                key: entry
                for key, entry in record.state_at(place).entries.items()
                if entry.expiration is None or entry.expiration * 1000 > at
            }
            assert state.entries == expected
    assert all(name.startswith("operator") for name in record.around)


def test_the_judge_asks_when_all_is_over_and_leaves_no_trace() -> None:
    record = run(BUSY)
    assert set(record.judged) == {"listing", "status", "rerun"}
    assert not any(one.actor == "judge" for one in record.calls)
    assert not any(event.invocation.startswith("judge") for event in [*record.writes, *record.asked])
    assert all(event.invocation.startswith("judge.") for event in record.rewritten)
    assert record.ended - max(one.answered for one in record.calls) >= 120_000


def test_requests_are_found_by_route() -> None:
    record = run(BUSY)
    assert record.runs == record.to("POST", "/api/migrate/run") != []
    assert set(map(id, record.runs)) < set(map(id, record.to("POST", "/api/*")))


def test_operations_are_found_by_request() -> None:
    record = run(BUSY)
    assert sum(map(len, record.operations.values())) == len(record.asked)
    assert len(record.operations["operator-1.1"]) == call(record, "operator-1.1").operations


def test_entries_may_be_given() -> None:
    entries = {"orchestrator:queue:a": Entry(b'{"id":"a"}'), "orchestrator:pending": Entry(b'["a"]')}
    record = simulate(Scenario.read("conditions=local"), WorkerCode(QUEUE_WORKER), entries)
    assert record.start.entries == entries
    assert record.began == BEGIN_MS
    assert QueueState(dict(record.final.entries)).new_tasks.keys() == {"a"}
