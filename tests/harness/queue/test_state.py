"""A namespace seen as a queue."""

from harness.migrations.queue.state import BROKEN, Lease, QueueState, epoch_seconds
from kvstore import Entry


def state(**entries: str) -> QueueState:
    return QueueState({name.replace("__", ":"): Entry(value.encode()) for name, value in entries.items()})


def test_the_pending_list_is_compared_with_the_tasks() -> None:
    queue = state(
        orchestrator__pending='["a","a","gone",5,null]',
        orchestrator__queue__a="{}",
        orchestrator__queue__lost="{}",
        orchestrator__queue__done="{",
        orchestrator__result__done="{}",
    )
    assert queue.pending_ids == ["a", "a", "gone"]
    assert queue.duplicates == {"a": 2}
    assert queue.dangling == ["gone"]
    assert queue.orphans == ["lost", "done"]
    assert queue.corrupt == ["done"]
    assert list(queue.live) == ["a", "lost"]


def test_a_pending_list_that_is_none_has_no_ids() -> None:
    assert state(orchestrator__pending="[oops").pending is BROKEN
    assert state(orchestrator__pending='{"a":1}').pending_ids == []
    assert state().pending is None


def test_keys_that_are_not_the_queues_are_others() -> None:
    queue = state(queue__task__a="{}", orchestrator__result__a="{}", **{"queue__task-index": "{}"})
    assert list(queue.others) == ["orchestrator:result:a", "queue:task-index"]


def test_a_lease_runs_until_the_first_of_its_two_ends() -> None:
    body = b'{"workerId":"w","expiresAt":"2027-01-15T08:00:00.000Z"}'
    ends = [Lease.read(Entry(body, expiration)) for expiration in (None, 1_799_999_000, 1_800_001_000)]
    assert [lease and lease.until for lease in ends] == [1_800_000_000, 1_799_999_000, 1_800_000_000]
    assert Lease.read(Entry(b"[]")) is None


def test_times_are_read_as_iso_8601() -> None:
    assert epoch_seconds("2027-01-15T08:00:00.500Z") == 1_800_000_000.5
    assert epoch_seconds("soon") is None
    assert epoch_seconds(5) is None
