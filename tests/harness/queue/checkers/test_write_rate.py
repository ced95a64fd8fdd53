"""I20 on histories made by hand: nobody that a migration answers for writes a key twice within a second."""

import pytest

from harness.migrations.queue.checkers.write_rate import write_rate
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK
from kvstore.errors import KVError
from kvstore.messages import broken, too_many_writes
from tests.harness.queue.checkers.histories import DOCUMENTED, RUN, SAFE, History, said, shown, task

KEY = NEW_TASK + "t"
TOO_FAST = [("1 key was written twice within a second: a task, by the queue", (KEY,))]
REFUSED = too_many_writes("PUT")


def history(line: str = SAFE) -> History:
    """Requests that last all the time: of the migration, two of a Worker for both, and one of an old one."""
    told = History(line)
    told.call("operator-1.1", RUN, 0, 500)
    told.call("daemon-1.1", "/api/queue/t/status", 0, 500)
    told.call("daemon-2.1", "/api/queue/t/status", 0, 500)
    told.call("daemon-3.1", "/api/queue/t/status", 0, 500, by="old")
    return told


def put(told: History, *writes: tuple[float, str]) -> History:
    for second, name in writes:
        told.put(second, name, KEY, task())
    return told


@pytest.mark.parametrize(("later", "told"), [(10.999, TOO_FAST), (11, [])])
def test_two_writes_must_be_a_second_apart(later: float, told: object) -> None:
    one = put(history(), (10, "daemon-1.1"), (later, "daemon-2.1"))
    assert said(write_rate(one.record())) == told


def test_the_finding_shows_the_write_that_was_too_fast_and_who_it_was() -> None:
    one = history()
    one.put(10, "operator-1.1", NEW_LEASE + "t", task())
    one.put(10.5, "operator-1.1", NEW_LEASE + "t", task())
    verdict = write_rate(one.record())
    what = "1 key was written twice within a second: a lease, by the migration"
    assert said(verdict) == [(what, (NEW_LEASE + "t",))]
    assert shown(verdict) == [(10, "operator-1.1"), (10.5, "operator-1.1")]
    assert verdict.findings[0].hazards == ("H25",)


def test_two_keys_may_be_written_at_once() -> None:
    one = put(history(), (10, "daemon-1.1"))
    one.put(10, "daemon-1.1", NEW_TASK + "u", task())
    assert said(write_rate(one.record())) == []


@pytest.mark.parametrize(("line", "told"), [(SAFE, []), (DOCUMENTED, TOO_FAST)])
@pytest.mark.parametrize(
    "writers", [("daemon-3.1", "daemon-3.1"), ("daemon-3.1", "daemon-1.1"), ("daemon-1.1", "daemon-3.1")]
)
def test_writes_of_an_old_worker_are_no_finding(line: str, told: object, writers: tuple[str, str]) -> None:
    """Neither for a write of its own that is too fast, nor for the next one."""
    one = put(history(line), (10, writers[0]), (10.5, writers[1]))
    assert said(write_rate(one.record())) == told


def test_an_old_workers_write_in_between_is_no_excuse() -> None:
    """The write before that one was too near as well."""
    one = put(history(), (10, "daemon-1.1"), (10.4, "daemon-3.1"), (10.8, "daemon-2.1"))
    assert said(write_rate(one.record())) == TOO_FAST
    far = put(history(), (10, "daemon-1.1"), (10.4, "daemon-3.1"), (11, "daemon-2.1"))
    assert said(write_rate(far.record())) == []


@pytest.mark.parametrize(("error", "told"), [(REFUSED, TOO_FAST), (broken("PUT"), [])])
def test_a_write_that_kv_refused_was_too_fast(error: KVError, told: object) -> None:
    one = put(history(), (10, "daemon-1.1"))
    one.refuse(10.5, "daemon-2.1", KEY, error)
    assert said(write_rate(one.record())) == told


@pytest.mark.parametrize(
    ("writes", "told"),
    [
        ([(10, "daemon-3.1")], []),
        # An old Worker's write of long ago is not what this one was too near to.
        ([(5, "daemon-3.1")], TOO_FAST),
        ([(9.501, "daemon-3.1")], []),
        ([(9.5, "daemon-3.1")], TOO_FAST),
        ([(9.8, "daemon-1.1"), (10, "daemon-3.1")], TOO_FAST),
        ([], TOO_FAST),
    ],
)
def test_a_refusal_is_excused_by_old_workers_writes_alone(
    writes: list[tuple[float, str]], told: object
) -> None:
    one = put(history(), *writes)
    one.refuse(10.5, "daemon-2.1", KEY, REFUSED)
    assert said(write_rate(one.record())) == told


def test_an_old_workers_refused_write_is_its_own() -> None:
    one = put(history(), (10, "daemon-1.1"))
    one.refuse(10.5, "daemon-3.1", KEY, REFUSED)
    assert said(write_rate(one.record())) == []


@pytest.mark.parametrize(("conditions", "told"), [("production", []), ("hostile", TOO_FAST)])
def test_a_delete_is_a_write_where_the_conditions_say_so(conditions: str, told: object) -> None:
    one = put(history(SAFE.replace("production", conditions)), (10, "daemon-1.1"))
    one.delete(10.5, "daemon-2.1", KEY)
    assert said(write_rate(one.record())) == told


@pytest.mark.parametrize(("conditions", "told"), [("production", TOO_FAST), ("hostile", [])])
def test_an_old_workers_delete_excuses_a_refusal_only_where_it_is_a_write(
    conditions: str, told: object
) -> None:
    one = history(SAFE.replace("production", conditions))
    one.delete(10, "daemon-3.1", KEY)
    one.refuse(10.5, "daemon-2.1", KEY, REFUSED)
    assert said(write_rate(one.record())) == told


@pytest.mark.parametrize(
    ("claims", "path", "says"),
    [
        ("kv", "/api/queue/claim", False),
        ("coordinator", "/api/queue/claim", True),
        ("kv", "/api/queue/t/release", True),
        ("kv", RUN, True),
    ],
)
def test_a_claim_that_lost_on_kv_may_take_its_lease_back_at_once(claims: str, path: str, says: bool) -> None:
    one = History(f"claims={claims} migration=safe conditions=hostile")
    one.call("daemon-1.1", path, 0, 500)
    one.put(10, "daemon-1.1", NEW_LEASE + "t", task())
    one.refuse(10.5, "daemon-1.1", NEW_LEASE + "t", too_many_writes("DELETE"), verb="delete")
    assert bool(said(write_rate(one.record()))) is says
