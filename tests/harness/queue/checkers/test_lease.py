"""I9 on histories made by hand: a held task stays held, by the same worker, until the time promised."""

from typing import Any

import pytest

from harness.migrations.queue.checkers.lease import lease_continuity
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, RESULT
from harness.migrations.queue.simulation.simulate import BEGIN_MS
from harness.migrations.queue.state import Lease
from kvstore import Entry
from kvstore.clock import iso
from tests.harness.queue.checkers.histories import (
    DOCUMENTED,
    RUN,
    SAFE,
    History,
    lease,
    lease_body,
    said,
    shown,
    stored,
    task,
)
from tests.harness.queue.simulation.runs import found, run
from tests.harness.queue.walks import walked

OLD, NEW = OLD_LEASE + "t", NEW_LEASE + "t"
CLAIM, ON_TASK = "/api/queue/claim", "/api/queue/t/"
DELETED = [("1 held task lost its lease to the migration", ("t",))]
COPIED = [("1 lease was overwritten by the migration with another", ("t",))]
SHORTER = [("1 lease ends before its time: the copy has a shorter life", ("t",))]
CLAIMED = [("1 lease was overwritten by another claim", ("t",))]
RENEWED = [("1 lease was overwritten by another worker's renewal", ("t",))]
OTHER = [("1 lease was given back by somebody else", ("t",))]
EARLY = [("1 held task could be claimed during the run: the task was copied before its lease", ("t",))]
NEVER = [("1 held task could be claimed: the task was copied, and its lease never was", ("t",))]


def history(line: str = SAFE, /, ended: float = 600, **start: Any) -> History:
    """A run that lasts all the time; ``start`` is there: a ``task``, its ``old`` lease or its ``new`` one."""
    keys = {"task": OLD_TASK + "t", "old": OLD, "new": NEW}
    told = History(line, {keys[name]: entry for name, entry in ({"task": task()} | start).items()}, ended)
    told.call("operator-1.1", RUN, 0, 590)
    return told


def claimed(
    told: History, name: str, begin: float, end: float, *, by: str = "dual", nonce: str = "", **changes: Any
) -> History:
    """A claim that is sent at ``begin``, and answered with a lease until ``end``; its key is written."""
    worker = name.rpartition(".")[0]
    answer = {"success": True, "taskId": "t", "lease": lease_body(worker, begin, end, nonce=nonce)}
    told.call(name, CLAIM, begin, begin + 1, **({"answer": answer, "by": by} | changes))
    told.put(begin + 0.5, name, OLD if by == "old" else NEW, lease(worker, begin, end, nonce=nonce))
    return told


def request(told: History, name: str, what: str, second: float, worker: str | None, **changes: Any) -> None:
    told.call(name, ON_TASK + what, second, second + 1, body={"workerId": worker}, **changes)


@pytest.mark.parametrize(("kept", "told"), [(True, []), (False, DELETED)])
def test_a_lease_goes_when_its_copy_is_there(kept: bool, told: object) -> None:
    held = lease("worker", -60, 240)
    one = history(old=held)
    if kept:
        one.put(50, "operator-1.1", NEW, held)
    one.delete(100, "operator-1.1", OLD)
    assert said(lease_continuity(one.record())) == told


def test_the_finding_shows_the_lease_and_who_ended_it() -> None:
    one = claimed(history(), "daemon-1.1", 10, 310)
    one.delete(100, "operator-1.1", NEW)
    assert shown(lease_continuity(one.record())) == [
        (10.5, "daemon-1.1"),
        (11, "daemon-1.1"),
        (100, "operator-1.1"),
    ]


@pytest.mark.parametrize(("copy", "told"), [("worker", []), ("someone", COPIED)])
def test_a_copy_over_a_lease_is_that_lease(copy: str, told: object) -> None:
    one = history(new=lease("worker", -60, 240))
    one.put(100, "operator-1.1", NEW, lease(copy, -60, 240))
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(("answer", "told"), [(None, []), ("told", DELETED)])
def test_a_claim_whose_answer_was_lost_is_held_by_no_worker(answer: str | None, told: object) -> None:
    lost: dict[str, Any] = {} if answer else {"answer": None, "status": None}
    one = claimed(history(), "daemon-1.1", 10, 310, **lost)
    one.delete(100, "operator-1.1", NEW)
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(
    ("giver", "status", "told"),
    [
        ("daemon-1", 200, []),
        # Who releases a task without a name gives back whatever there is.
        (None, 200, []),
        ("", 200, []),
        # Nobody knows what was done.
        ("daemon-1", 500, []),
        ("daemon-1", None, []),
        # It was not given back.
        ("daemon-1", 403, OTHER),
        ("daemon-1", 429, OTHER),
        ("daemon-2", 200, OTHER),
    ],
)
def test_a_lease_is_given_back_in_the_name_of_its_holder(
    giver: str | None, status: int | None, told: object
) -> None:
    """Whoever sends it: a worker that was started anew has the name, and another location."""
    one = claimed(history(), "daemon-1.1", 10, 310)
    request(one, "daemon-7.1", "release", 100, giver, status=status)
    one.delete(100.5, "daemon-7.1", NEW)
    assert said(lease_continuity(one.record())) == told


def test_a_release_at_the_same_time_as_a_run_is_the_holders() -> None:
    line = "migration=safe conditions=local tasks=2 leases=1 format=dual at_once=run,release"
    for order in ("", " order=b99", " order=a7b99"):
        assert found(run(line + order), "I9") == ()


def test_a_release_before_the_claim_gives_nothing_back() -> None:
    one = history()
    request(one, "daemon-1.1", "release", 5, "daemon-1")
    claimed(one, "daemon-1.2", 10, 310).delete(100, "operator-1.1", NEW)
    assert said(lease_continuity(one.record())) == DELETED


@pytest.mark.parametrize(("completed", "told"), [(99, []), (101, DELETED)])
def test_a_hold_ends_with_the_result(completed: int, told: object) -> None:
    one = claimed(history(), "daemon-1.1", 10, 310)
    one.put(completed, "daemon-1.2", RESULT + "t", stored({"success": True}))
    one.delete(100, "operator-1.1", NEW)
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(("key", "told"), [(310, []), (309, []), (308, SHORTER), (70, SHORTER)])
def test_a_key_lives_as_long_as_its_lease_says(key: int, told: object) -> None:
    """A second is lost where KV counts in seconds."""
    one = claimed(history(), "daemon-1.1", 10, 310)
    one.put(20, "operator-1.1", NEW, lease("daemon-1", 10, 310, key=key))
    assert said(lease_continuity(one.record())) == told
    alone = history()
    answer = {"success": True, "taskId": "t", "lease": lease_body("daemon-1", 10, 310)}
    alone.call("daemon-1.1", CLAIM, 10, 11, answer=answer)
    alone.put(10, "daemon-1.1", NEW, lease("daemon-1", 10, 310, key=key))
    assert said(lease_continuity(alone.record())) == told


@pytest.mark.parametrize("skew", [-30, 0, 30])
def test_a_lease_lasts_as_long_as_it_says_whatever_the_clock_of_who_wrote_it(skew: int) -> None:
    for key, told in ((310, []), (250, SHORTER)):
        one = history()
        body = lease_body("daemon-1", 10 + skew, 310 + skew)
        one.call("daemon-1.1", CLAIM, 10, 11, answer={"success": True, "taskId": "t", "lease": body})
        one.put(10, "daemon-1.1", NEW, lease("daemon-1", 10 + skew, 310 + skew, key=key))
        assert said(lease_continuity(one.record())) == told


def test_a_claim_that_takes_long_is_no_shorter_hold() -> None:
    """The lease was written by a clock that was read half a minute after the request was sent."""
    one = history()
    answer = {"success": True, "taskId": "t", "lease": lease_body("daemon-1", 40, 100)}
    one.call("daemon-1.1", CLAIM, 10, 41, answer=answer)
    one.put(40.5, "daemon-1.1", NEW, lease("daemon-1", 40, 100))
    request(one, "daemon-1.2", "renew", 90, "daemon-1")
    one.put(90.5, "daemon-1.2", NEW, lease("daemon-1", 40, 150, renewed=90))
    assert said(lease_continuity(one.record())) == []


@pytest.mark.parametrize(("renewed", "told"), [(True, SHORTER), (False, [])])
def test_a_renewal_is_not_overwritten_by_the_lease_before(renewed: bool, told: object) -> None:
    """Even if the simulation is over before anybody can notice."""
    before = lease("worker", -60, 240)
    one = history(ended=100, old=before)
    if renewed:
        request(one, "daemon-1.1", "renew", 10, "worker")
        one.put(10.5, "daemon-1.1", NEW, lease("worker", -60, 310, renewed=10))
        one.delete(10.6, "daemon-1.1", OLD)
    one.put(11, "operator-1.1", NEW, before)
    assert said(lease_continuity(one.record())) == told


def test_a_renewal_that_came_too_late_for_a_shortened_lease_mends_nothing() -> None:
    before = lease("worker", -60, 240)
    one = history(new=before)
    request(one, "daemon-1.1", "renew", 10, "worker")
    one.put(10.5, "daemon-1.1", NEW, lease("worker", -60, 310, renewed=10))
    one.put(11, "operator-1.1", NEW, before)
    request(one, "daemon-1.2", "renew", 260, "worker")
    one.put(260.5, "daemon-1.2", NEW, lease("worker", -60, 560, renewed=260))
    assert said(lease_continuity(one.record())) == SHORTER


@pytest.mark.parametrize(
    ("what", "told"),
    [(("claim", "put"), CLAIMED), (("t/renew", "put"), RENEWED), (("t/release", "delete"), OTHER)],
)
@pytest.mark.parametrize(
    ("line", "by", "judged"), [(SAFE, "dual", True), (SAFE, "old", False), (DOCUMENTED, "old", True)]
)
def test_a_worker_that_ends_anothers_lease_is_named_unless_it_is_old(
    what: tuple[str, str], told: object, line: str, by: str, judged: bool
) -> None:
    one = claimed(history(line), "daemon-1.1", 10, 310, by=by)
    key = OLD if by == "old" else NEW
    one.call("daemon-2.1", f"/api/queue/{what[0]}", 100, 101, body={"workerId": "daemon-2"}, by=by)
    if what[1] == "put":
        one.put(100.5, "daemon-2.1", key, lease("daemon-2", 100, 400))
    else:
        one.delete(100.5, "daemon-2.1", key)
    assert said(lease_continuity(one.record())) == (told if judged else [])


def test_a_claim_that_fails_takes_nobody_elses_lease_away() -> None:
    one = claimed(history(), "daemon-1.1", 10, 310)
    one.call("daemon-2.1", CLAIM, 100, 101, answer={"success": False})
    one.delete(100.5, "daemon-2.1", NEW)
    assert said(lease_continuity(one.record())) == [
        ("1 lease was deleted by another claim that failed", ("t",))
    ]


def contested(by: str = "old") -> History:
    """Two workers claim one task, at 10 and at 12: the second lease overwrites the first."""
    return claimed(claimed(history(), "daemon-1.1", 10, 310, by=by), "daemon-2.1", 12, 312, by=by)


@pytest.mark.parametrize(("rival", "told"), [("daemon-1", []), ("daemon-3", RENEWED)])
def test_one_of_two_workers_may_hold_what_an_old_worker_gave_to_both(rival: str, told: object) -> None:
    """The first one renews its lease, by a Worker that has seen no other: the second one's is gone."""
    one = contested()
    request(one, f"{rival}.2", "renew", 50, rival)
    one.put(50.5, f"{rival}.2", OLD, lease(rival, 10, 350, renewed=50))
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(("giver", "told"), [("daemon-1", []), ("daemon-3", OTHER)])
def test_either_of_two_holders_may_release_the_task(giver: str, told: object) -> None:
    one = contested()
    request(one, f"{giver}.2", "release", 50, giver)
    one.delete(50.5, f"{giver}.2", OLD)
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(("left", "told"), [("daemon-1", []), ("daemon-3", DELETED), (None, DELETED)])
def test_a_migration_may_take_one_of_the_two_leases_and_not_both(left: str | None, told: object) -> None:
    one = contested()
    if left:
        one.put(20, "operator-1.1", NEW, lease(left, 10, 310))
    one.delete(50, "operator-1.1", OLD)
    assert said(lease_continuity(one.record())) == told


def test_a_rivals_lease_that_has_run_out_is_none() -> None:
    one = contested()
    one.put(20, "operator-1.1", NEW, lease("daemon-1", 10, 40, key=310))
    one.delete(50, "operator-1.1", OLD)
    assert DELETED[0] in said(lease_continuity(one.record()))


def test_a_rivals_lease_whose_key_ends_early_was_cut_short_by_the_migration() -> None:
    one = contested()
    one.put(20, "operator-1.1", NEW, lease("daemon-2", 12, 312, key=100))
    one.put(60, "operator-1.1", OLD, lease("daemon-2", 12, 312, key=100))
    assert said(lease_continuity(one.record())) == SHORTER


@pytest.mark.parametrize(("again", "told"), [(True, DELETED), (False, [])])
def test_a_later_claim_by_one_of_the_two_is_an_ordinary_hold(again: bool, told: object) -> None:
    one = contested()
    for name in ("daemon-1", "daemon-2"):
        request(one, f"{name}.2", "release", 50, name)
    one.delete(51, "daemon-2.2", OLD)
    if again:
        claimed(one, "daemon-2.3", 100, 400, nonce="another")
        one.delete(150, "operator-1.1", NEW)
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(("by", "told"), [("old", []), ("dual", CLAIMED)])
def test_only_an_old_worker_may_give_a_task_to_two(by: str, told: object) -> None:
    assert said(lease_continuity(contested(by).record())) == told


@pytest.mark.parametrize(("end", "told"), [(60, RENEWED), (310, [])])
def test_consecutive_holds_do_not_overlap(end: int, told: object) -> None:
    """The first one renews a lease that has run out, over that of the second."""
    one = claimed(claimed(history(), "daemon-1.1", 10, end, by="old"), "daemon-2.1", 100, 400, by="old")
    answer = {"lease": lease_body("daemon-1", 10, 450) | {"renewedAt": iso(BEGIN_MS + 150_000)}}
    request(one, "daemon-1.2", "renew", 150, "daemon-1", answer=answer)
    one.put(150.5, "daemon-1.2", OLD, lease("daemon-1", 10, 450, renewed=150))
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(("key", "told"), [(60, []), (50, SHORTER)])
def test_a_lease_that_has_run_out_may_be_renewed(key: int, told: object) -> None:
    """It is held anew then; a lease that ended before its time was not held in between."""
    one = history(old=lease("worker", -60, 60, key=key))
    request(one, "daemon-1.1", "renew", 100, "worker")
    one.put(100.5, "daemon-1.1", NEW, lease("worker", -60, 400, renewed=100))
    assert said(lease_continuity(one.record())) == told
    one.delete(200, "operator-1.1", NEW)
    assert said(lease_continuity(one.record())) == (told or DELETED)


def test_the_previous_holder_counts_as_one_of_the_two() -> None:
    one = claimed(history(old=lease("worker", -60, 240)), "daemon-1.1", 10, 310, by="old")
    request(one, "daemon-2.1", "renew", 50, "worker")
    one.put(50.5, "daemon-2.1", OLD, lease("worker", -60, 350, renewed=50))
    assert said(lease_continuity(one.record())) == []


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (None, NEVER),
        (lease("worker", -60, 240), []),
        # It says that it has run out, although its key is there: it keeps nobody from the task.
        (lease("worker", -60, 40, nonce="before", key=300), EARLY),
        # Nobody can tell: it keeps everybody from the task.
        (Entry(b'{"workerId"', None), []),
    ],
)
def test_a_task_is_copied_after_its_lease(new: Entry | None, told: object) -> None:
    one = history(old=lease("worker", -60, 240))
    if new is not None:
        one.put(20, "operator-1.1", NEW, new)
    one.put(50, "operator-1.1", NEW_TASK + "t", task())
    assert said(lease_continuity(one.record())) == told


@pytest.mark.parametrize(
    ("start", "done", "told"),
    [
        ({"old": lease("worker", -60, 50, key=300)}, False, []),
        ({"old": lease("worker", -60, 51, key=300)}, False, NEVER),
        ({"old": lease("worker", -60, 240), "task": task(expires=50)}, False, []),
        ({"old": lease("worker", -60, 240)}, True, []),
        ({}, False, []),
    ],
)
def test_a_lease_that_has_run_out_or_a_task_that_is_over_holds_nothing_up(
    start: dict[str, Any], done: bool, told: object
) -> None:
    one = history(**start)
    if done:
        one.put(40, "daemon-1.1", RESULT + "t", stored({"success": True}))
    one.put(50, "operator-1.1", NEW_TASK + "t", task())
    assert said(lease_continuity(one.record())) == told


def test_the_leases_that_are_there_first_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Lease.read
    reads: list[Entry] = []

    def counted(entry: Entry) -> Lease | None:
        reads.append(entry)
        return read(entry)

    few, many = walked(20, 20), walked(60, 60)
    monkeypatch.setattr(Lease, "read", staticmethod(counted))
    lease_continuity(few)
    for_few = len(reads)
    reads.clear()
    lease_continuity(many)
    assert len(reads) == 3 * for_few
