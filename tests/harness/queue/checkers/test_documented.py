"""What is wrong with the documented migration, invariant by invariant, each in the smallest scenario."""

import pytest

from harness.migrations.queue.checkers import CHECKERS, judge
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.simulation.timeline import MOST
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode
from tests.harness.queue.simulation.runs import found, of, run

# The invariant, a scenario that violates it, what is said, about which keys; and one that does not.
CASES = [
    ("I1", "rollback=after tasks=2", "deleted and stored nowhere", ("slack_000", "slack_001"), "tasks=2"),
    ("I2", "odd=corrupt tasks=2", "the body is not JSON", ("slack_corrupt",), "tasks=2"),
    ("I2", "odd=orphan tasks=2", "no pending list names its id", ("slack_orphan",), "tasks=2"),
    ("I2", "odd=falsy tasks=2", "takes the body for false", ("slack_falsy",), "tasks=2"),
    ("I2", "odd=pending-empty tasks=0", "the pending list is there", ("orchestrator:pending",), "tasks=0"),
    ("I3", "tasks=3 page=1", "beyond the first page", ("slack_001", "slack_002"), "tasks=3"),
    ("I4", "odd=completed tasks=1", "over before the run", ("slack_completed",), "tasks=1"),
    ("I5", "odd=completed tasks=1", "copied and stayed", ("slack_completed",), "tasks=1"),
    ("I6", "odd=number tasks=1", "different in bytes", ("slack_number",), "tasks=1"),
    ("I6", "odd=metadata tasks=1", "other metadata", ("slack_meta",), "tasks=1"),
    ("I7", "tasks=1", "expires later", ("slack_000",), "odd=pending-absent tasks=1"),
    ("I7", "odd=permanent tasks=0", "does expire", ("slack_permanent",), "tasks=0"),
    ("I8", "odd=in-both tasks=0", "overwritten", ("slack_both",), "tasks=2"),
    ("I9", "tasks=2 leases=1", "copied before its lease", ("slack_000",), "tasks=2"),
    ("I11", "tasks=2 runs=1 faults=crash@operator-1.2:11", "migrated 0, failed 2", (), "tasks=2"),
    ("I14", "odd=number tasks=0", "whose copy has other bytes", ("slack_number",), "tasks=2"),
    ("I15", "odd=orphan tasks=1", "when the pending list was deleted", ("slack_orphan",), "tasks=1"),
    ("I16", "odd=pending-absent tasks=1", "lacks members", ("operator-1.2",), "tasks=1"),
    ("I16", "odd=pending-broken tasks=1", "do not fit together", ("operator-1.2",), "tasks=1"),
    ("I16", "odd=dangling tasks=1 runs=1", "not there to be moved", ("operator-1.2",), "tasks=1"),
    ("I17", "odd=pending-absent tasks=1", "needsMigration", (), "tasks=1"),
    ("I17", "tasks=3 page=1", "newTaskCount: 1, in truth 3", (), "tasks=3"),
    ("I18", "tasks=5 budget=12 runs=1", "the 12 operations", ("operator-1.2",), "tasks=2 budget=12"),
    ("I19", "odd=pending-empty tasks=0", "changed nothing", ("operator-1.2",), "tasks=1"),
    ("I21", "tasks=1 lease=30 daemons=1 polls=4", "expiration that KV refuses", (), "tasks=1 daemons=1"),
    ("I22", "odd=long-id tasks=0 daemons=1 polls=6", "has too long a key", (), "tasks=1"),
    ("I24", "rollback=after tasks=2", "lost in the rollback", ("slack_000", "slack_001"), "tasks=2"),
]


@pytest.mark.parametrize(("invariant", "line", "what", "keys", "clean"), CASES)
def test_the_judge_sees_it_says_it_and_stays_silent_without_it(
    invariant: str, line: str, what: str, keys: tuple[str, ...], clean: str
) -> None:
    said = [one for one in found(run(f"conditions=local {line}"), invariant) if what in one.what]
    assert said, f"{invariant} is not violated by {line}: {found(run(f'conditions=local {line}'), invariant)}"
    assert not keys or said[0].keys == keys
    silent = [one for one in found(run(f"conditions=local {clean}"), invariant) if what in one.what]
    assert not silent


def test_where_reads_are_late_a_copy_must_be_old_before_its_original_goes() -> None:
    [early] = found(run("conditions=production tasks=1"), "I14")
    assert "before its copy could be seen everywhere" in early.what
    assert of(run("conditions=local tasks=1"), "I14").held


@pytest.mark.parametrize(
    "line", ["rollback=after tasks=2", "tasks=5 budget=12", "odd=in-both,orphan tasks=4"]
)
def test_every_finding_is_an_argument_of_ten_events_at_most_in_order(line: str) -> None:
    record = run(f"conditions=production {line} daemons=2 producers=1")
    for one in (finding for verdict in judge(record) for finding in verdict.findings):
        times = [moment.at for moment in one.moments]
        assert len(times) <= MOST
        assert times == sorted(times)
        assert one.keys
        assert "{" not in one.what


def test_old_workers_are_judged_that_have_a_coordinator_and_never_ask_it() -> None:
    record = run(
        "conditions=local claims=coordinator strategy=steps tasks=1 daemons=2 polls=3 rollback=after"
    )
    assert any(call.path == "/api/queue/claim" and call.stage == "old" for call in record.calls)
    assert judge(record)


def test_verdicts_are_on_the_invariants_that_were_asked_for() -> None:
    record = simulate(Scenario(producers=1, daemons=1), WorkerCode(QUEUE_WORKER))
    assert [verdict.invariant for verdict in judge(record)] == list(CHECKERS)
    assert [verdict.invariant for verdict in judge(record, ["I7", "I2"])] == ["I7", "I2"]
