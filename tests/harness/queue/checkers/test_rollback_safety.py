"""I24 on histories made by hand: a rollback brings every live task back, with its lease, and names it."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.migrations.queue.checkers.rollback_safety import rollback_safety
from harness.migrations.queue.layout import (
    NEW_LEASE,
    NEW_TASK,
    OLD_LEASE,
    OLD_TASK,
    PENDING,
    QUARANTINE,
    RESULT,
)
from kvstore import Entry
from tests.harness.queue.checkers.histories import (
    DOCUMENTED,
    ROLLBACK,
    SAFE,
    History,
    lease,
    said,
    shown,
    stored,
    task,
)
from tests.harness.queue.simulation.runs import found, run

OLD, NEW, KEPT = OLD_TASK + "t", NEW_TASK + "t", QUARANTINE + "t"
WAS_HELD, HELD = OLD_LEASE + "t", NEW_LEASE + "t"
BACK, MORE = "operator-1.1", "operator-1.2"
FITS, TOO_LONG = "x" * 493, "x" * 494
LOST = "1 live task was lost in the rollback"
STILL = "1 live task is still in the new format after the rollback"
SET_ASIDE = "1 live task of the new format is in quarantine after the rollback"
TWICE = "1 live task is in the new format too after a rollback that says it is done"
BORN = "1 task came during the rollback, and is not in the old format"
UNLISTED = "1 live task is in the old format again, and no pending list names its id"
UNHELD = "1 held task lost its lease in the rollback"
MISCOUNTED = "in 1 answer of the rollback the number of deleted keys is not the true one"


def history(
    start: Mapping[str, Entry], line: str = SAFE, *, done: bool = True, deleted: Any = None, errors: Any = ()
) -> History:
    """A rollback from 100 to 200 that says it is ``done``, and how many keys it ``deleted``.

    ``start`` is there at the beginning.
    """
    told = History(line, start)
    answer = {"done": done, "deleted": deleted, "errors": [*errors]}
    told.call(BACK, ROLLBACK, 100, 200, status=500 if deleted is None else 200, answer=answer)
    return told


def back(told: History, name: str = "t", by: str = BACK, *, listed: bool = True) -> History:
    """The rollback moves a task: copied, listed, and deleted in the new format."""
    told.put(110, by, OLD_TASK + name, task())
    if listed:
        told.put(120, by, PENDING, stored([name]))
    told.delete(190, by, NEW_TASK + name)
    return told


def findings(told: History) -> list[str]:
    return [what for what, keys in said(rollback_safety(told.record()))]


def test_a_task_that_was_moved_back_is_safe_and_one_that_was_deleted_is_lost() -> None:
    assert findings(back(history({NEW: task()}))) == []
    lost = history({NEW: task()})
    lost.delete(190, BACK, NEW)
    verdict = rollback_safety(lost.record())
    assert said(verdict) == [(LOST, ("t",))]
    assert shown(verdict) == [(190, BACK)]
    assert verdict.findings[0].hazards == ("H45",)


@pytest.mark.parametrize(
    ("expires", "done", "told"), [(600, False, []), (601, False, [LOST]), (601, True, [])]
)
def test_only_a_live_task_is_lost(expires: int, done: bool, told: list[str]) -> None:
    one = history({NEW: task(expires=expires)})
    one.delete(190, BACK, NEW)
    if done:
        one.put(300, "daemon-1.1", RESULT + "t", stored({"success": True}))
    assert findings(one) == told


@pytest.mark.parametrize(("name", "told"), [(TOO_LONG, []), (FITS, [STILL])])
def test_a_task_that_no_old_key_can_hold_stays_in_the_new_format(name: str, told: list[str]) -> None:
    assert findings(history({NEW_TASK + name: task()})) == told


def test_deleting_a_task_that_no_old_key_can_hold_loses_it() -> None:
    one = history({NEW_TASK + TOO_LONG: task()})
    one.delete(190, BACK, NEW_TASK + TOO_LONG)
    assert said(rollback_safety(one.record())) == [(LOST, (TOO_LONG,))]


def test_the_documented_rollback_loses_what_no_old_key_can_hold() -> None:
    record = run("migration=documented conditions=local tasks=1 odd=long-id rollback=after")
    [lost] = [one for one in found(record, "I24") if "lost in the rollback" in one.what]
    assert lost.keys == ("slack_000", "clawdbot_" + "x" * 492)


@pytest.mark.parametrize("key", [KEPT, OLD])
def test_quarantined_and_orphaned_tasks_are_lost_like_any_other(key: str) -> None:
    """A rollback need not bring it back, nor list it: but it must leave it."""
    one = history({key: task()})
    assert findings(one) == []
    one.delete(190, BACK, key)
    assert findings(one) == [LOST]


def test_a_new_format_task_is_not_safe_in_quarantine() -> None:
    """There is an older body of it, and nobody works on what is there."""
    moved = back(history({NEW: task(), KEPT: task("older")}))
    assert findings(moved) == []
    deleted = history({NEW: task(), KEPT: task("older")})
    deleted.delete(190, BACK, NEW)
    assert findings(deleted) == [SET_ASIDE]
    left = history({NEW: task(), KEPT: task("older")})
    assert findings(left) == [STILL]


def test_a_rollback_that_is_under_way_has_lost_nothing_but_what_is_nowhere() -> None:
    assert findings(history({NEW: task()}, done=False)) == []
    assert findings(history({NEW: task()}, done=True)) == [STILL]
    gone = history({NEW: task()}, done=False)
    gone.delete(190, BACK, NEW)
    assert findings(gone) == [LOST]


def test_the_documented_rollback_is_over_with_its_answer() -> None:
    assert findings(history({NEW: task()}, DOCUMENTED, done=False)) == [STILL]


@pytest.mark.parametrize(
    ("line", "done", "told"), [(SAFE, True, [TWICE]), (SAFE, False, []), (DOCUMENTED, False, [])]
)
def test_a_rollback_that_says_it_is_done_leaves_nothing_in_the_new_format(
    line: str, done: bool, told: list[str]
) -> None:
    one = history({NEW: task()}, line, done=done)
    one.put(110, BACK, OLD, task())
    one.put(120, BACK, PENDING, stored(["t"]))
    assert findings(one) == told


@pytest.mark.parametrize(("listed", "told"), [(True, []), (False, [UNLISTED])])
def test_a_task_moved_back_is_listed(listed: bool, told: list[str]) -> None:
    assert findings(back(history({NEW: task()}), listed=listed)) == told


def test_a_task_moved_back_stays_listed() -> None:
    one = back(history({NEW: task()}))
    one.put(150, BACK, PENDING, stored(["u"]))
    assert findings(one) == [UNLISTED]


@pytest.mark.parametrize(("listed", "told"), [(["t"], [UNLISTED]), ([], [])])
def test_listed_tasks_stay_listed_and_orphans_stay_orphans(listed: list[str], told: list[str]) -> None:
    one = history({OLD: task()})
    one.put(50, "producer-1.1", PENDING, stored(listed))
    one.put(120, BACK, PENDING, stored([]))
    assert findings(one) == told


def born(second: float = 150, *, done: bool = True) -> History:
    one = history({}, done=done)
    one.put(second, "producer-1.1", NEW, task())
    one.call(MORE, ROLLBACK, 250, 300, status=500, answer={"done": done})
    return one


def test_tasks_created_during_the_rollback_are_moved_back() -> None:
    left = born()
    assert findings(left) == [BORN]
    assert findings(born(done=False)) == []
    moved = born()
    moved.put(260, MORE, OLD, task())
    moved.put(270, MORE, PENDING, stored(["t"]))
    moved.delete(290, MORE, NEW)
    assert findings(moved) == []


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ([(270, ["t"])], []),
        # Once it was named: an old Worker wrote the list that it had read before.
        ([(270, ["t"]), (400, [])], []),
        ([(270, [])], [UNLISTED]),
        ([], [UNLISTED]),
        # It was on a list before it was brought back, not since.
        ([(200, ["t"]), (255, [])], [UNLISTED]),
    ],
)
def test_tasks_created_and_moved_back_during_the_rollback_are_listed_once(
    lists: list[tuple[int, list[str]]], told: list[str]
) -> None:
    one = born()
    one.put(260, MORE, OLD, task())
    one.delete(290, MORE, NEW)
    for second, ids in lists:
        one.put(second, MORE, PENDING, stored(ids))
    assert findings(one) == told


def test_tasks_that_an_old_worker_accepts_later_are_its_own() -> None:
    """Its producer's list is lost sometimes: that is so without any migration."""
    one = history({})
    one.put(150, "producer-1.1", OLD, task())
    assert findings(one) == []


@pytest.mark.parametrize(
    ("old", "told"),
    [
        (lease("worker", 0, 300), []),
        (None, [UNHELD]),
        (lease("someone", 0, 300), [UNHELD]),
        (lease("worker", 0, 310), [UNHELD]),
        # Its key has expired.
        (lease("worker", 0, 300, key=150), [UNHELD]),
    ],
)
def test_a_lease_is_deleted_when_the_old_format_has_it(old: Entry | None, told: list[str]) -> None:
    one = back(history({NEW: task(), HELD: lease("worker", 0, 300)}))
    if old is not None:
        one.put(110, BACK, WAS_HELD, old)
    one.delete(180, BACK, HELD)
    assert findings(one) == told


@pytest.mark.parametrize(
    ("held", "by", "completed", "told"),
    [
        (lease("worker", 0, 180, key=300), BACK, None, []),
        (lease("worker", 0, 181, key=300), BACK, None, [UNHELD]),
        (lease("worker", 0, 300), "daemon-1.1", None, []),
        (lease("worker", 0, 300), BACK, 179, []),
        (lease("worker", 0, 300), BACK, 181, [UNHELD]),
        (Entry(b'{"workerId"', None), BACK, None, []),
    ],
)
def test_only_a_rollback_must_keep_a_lease_and_only_one_that_holds(
    held: Entry, by: str, completed: int | None, told: list[str]
) -> None:
    one = back(history({NEW: task(), HELD: held}))
    one.call("daemon-1.1", "/api/queue/t/release", 179, 181)
    one.delete(180, by, HELD)
    if completed is not None:
        one.put(completed, "daemon-1.2", RESULT + "t", stored({"success": True}))
    assert findings(one) == told


@pytest.mark.parametrize(
    ("begin", "done", "old", "told"),
    [
        (0, True, None, [UNHELD]),
        (0, False, None, []),
        (0, True, lease("worker", 0, 400), []),
        (0, True, lease("someone", 0, 400), [UNHELD]),
        # The rollback's listings could not show it.
        (41, True, None, []),
        (40, True, None, [UNHELD]),
    ],
)
def test_a_rollback_that_says_it_is_done_leaves_no_lease_in_the_new_format_alone(
    begin: int, done: bool, old: Entry | None, told: list[str]
) -> None:
    one = back(history({NEW: task()}, done=done))
    one.put(begin, "daemon-1.1", HELD, lease("worker", 0, 400))
    if old is not None:
        one.put(110, BACK, WAS_HELD, old)
    assert findings(one) == told


@pytest.mark.parametrize(("until", "completed"), [(200, None), (400, 150)])
def test_a_lease_that_holds_nothing_may_stay(until: int, completed: int | None) -> None:
    one = back(history({NEW: task(), HELD: lease("worker", 0, until, key=500)}))
    assert findings(one) == ([] if until == 200 else [UNHELD])
    if completed is not None:
        one.put(completed, "daemon-1.1", RESULT + "t", stored({"success": True}))
    assert findings(one) == []


def test_a_lease_of_a_task_that_no_old_key_can_hold_stays_where_it_is() -> None:
    assert (
        findings(history({NEW_TASK + TOO_LONG: task(), NEW_LEASE + TOO_LONG: lease("worker", 0, 400)})) == []
    )


@pytest.mark.parametrize(
    ("deleted", "told"), [(0, [MISCOUNTED]), (1, []), (2, [MISCOUNTED]), ("1", [MISCOUNTED])]
)
@pytest.mark.parametrize("done", [True, False])
def test_the_answer_says_how_many_keys_were_deleted_done_or_not(
    deleted: Any, told: list[str], done: bool
) -> None:
    assert findings(back(history({NEW: task()}, done=done, deleted=deleted))) == told


def test_the_finding_shows_the_answer() -> None:
    verdict = rollback_safety(back(history({NEW: task()}, deleted=3)).record())
    assert said(verdict) == [(MISCOUNTED, (BACK,))]
    assert shown(verdict) == [(200, BACK)]


def test_an_error_about_something_else_makes_no_other_number_true() -> None:
    one = back(history({NEW: task()}, deleted=0, errors=["Task u: KV PUT failed: 500"]))
    assert findings(one) == [MISCOUNTED]


@pytest.mark.parametrize(("deleted", "told"), [(0, []), (1, []), (2, [MISCOUNTED])])
def test_an_unconfirmed_deletion_may_count_or_not(deleted: int, told: list[str]) -> None:
    one = history({NEW: task()}, deleted=deleted)
    one.put(110, BACK, OLD, task())
    one.put(120, BACK, PENDING, stored(["t"]))
    one.delete(190, BACK, NEW, error="KV DELETE failed: 500 Internal Server Error")
    assert findings(one) == told


@pytest.mark.parametrize(("deleted", "told"), [(0, [MISCOUNTED]), (1, []), (2, []), (3, [MISCOUNTED])])
def test_a_task_that_was_gone_may_count_or_not(deleted: int, told: list[str]) -> None:
    one = back(history({NEW: task()}, deleted=deleted))
    one.delete(191, BACK, NEW_TASK + "u")
    one.delete(192, BACK, OLD_TASK + "u")
    assert findings(one) == told


def test_without_a_rollback_there_is_nothing_to_say() -> None:
    one = History(SAFE, {NEW: task()})
    one.delete(190, "operator-1.1", NEW)
    assert findings(one) == []
