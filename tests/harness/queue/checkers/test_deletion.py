"""I14 on histories made by hand: an original goes only when everybody can see its copy, or it is over."""

import pytest

from harness.migrations.queue.checkers.deletion import guarded_delete
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, QUARANTINE, RESULT
from kvstore import Entry
from tests.harness.queue.checkers.histories import (
    ROLLBACK,
    RUN,
    SAFE,
    History,
    said,
    shown,
    stored,
    task,
)

OLD, NEW, KEPT, DONE = OLD_TASK + "t", NEW_TASK + "t", QUARANTINE + "t", RESULT + "t"
BARE = [("1 old task was deleted without a copy", ("t",))]
OTHER = [("1 old task was deleted whose copy has other bytes", ("t",))]
YOUNG = [("1 old task was deleted before its copy could be seen everywhere", ("t",))]
BROKEN = Entry(b'{"id":', None)


def history(line: str = SAFE, **start: Entry) -> History:
    """A run from 0 to 100, a rollback then; ``old``, ``new`` and ``kept`` are there at the beginning."""
    keys = {"old": OLD, "new": NEW, "kept": KEPT}
    told = History(line, {keys[name]: entry for name, entry in ({"old": task()} | start).items()})
    told.call("operator-1.1", RUN, 0, 100)
    told.call("operator-1.2", ROLLBACK, 100, 200)
    told.call("daemon-1.1", "/api/queue/t/status", 0, 200)
    told.call("producer-1.1", "/webhook/slack", 0, 200)
    return told


def test_a_copy_that_is_a_minute_old_guards_and_none_does_not() -> None:
    bare = history()
    bare.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(bare.record())) == BARE
    assert shown(guarded_delete(bare.record())) == [(75, "operator-1.1"), (200, "daemon-1.1")]
    guarded = history()
    guarded.put(10, "operator-1.1", NEW, task())
    guarded.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(guarded.record())) == []


@pytest.mark.parametrize(("deleted", "told"), [(69.999, YOUNG), (70, [])])
def test_a_copy_is_seen_by_everybody_after_a_minute(deleted: float, told: object) -> None:
    one = history()
    one.put(10, "operator-1.1", NEW, task())
    one.delete(deleted, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


def test_where_nothing_is_seen_late_a_copy_guards_at_once() -> None:
    one = history("migration=safe conditions=local")
    one.put(10, "operator-1.1", NEW, task())
    one.delete(10, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [("work", "work", []), ("work", "something else", OTHER), ("something else", "work", YOUNG)],
)
def test_a_copy_that_the_migration_wrote_over_is_none(first: str, second: str, told: object) -> None:
    """What was there long enough is not there any more, unless it is the same."""
    one = history()
    one.put(10, "operator-1.1", NEW, task(first))
    one.put(72, "operator-1.1", NEW, task(second))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("gone", "told"), [(False, []), (True, YOUNG)])
def test_a_copy_that_was_gone_in_between_is_as_old_as_its_second_put(gone: bool, told: object) -> None:
    """Who looked while it was gone does not see it for a minute."""
    one = history()
    one.put(10, "operator-1.1", NEW, task())
    if gone:
        one.delete(65, "operator-1.1", NEW)
    one.put(70, "operator-1.1", NEW, task())
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("by", "told"), [("daemon-1.1", []), ("operator-1.1", OTHER)])
def test_a_workers_change_in_the_new_format_beats_the_original(by: str, told: object) -> None:
    one = history()
    one.put(10, "operator-1.1", NEW, task())
    one.put(50, by, NEW, task("work, begun"))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("old", "new", "told"), [(49, 50, []), (50, 49, OTHER)])
def test_a_workers_later_change_in_the_old_format_is_not_lost(old: int, new: int, told: object) -> None:
    one = history()
    one.put(10, "operator-1.1", NEW, task())
    one.put(old, "daemon-1.1", OLD, task("work, begun by one who does not see the copy"))
    one.put(new, "daemon-1.1", NEW, task("work, begun"))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("sent", "told"), [(10, []), (70, YOUNG)])
def test_a_task_that_came_again_must_be_old_enough_too(sent: int, told: object) -> None:
    one = history()
    one.put(sent, "producer-1.1", NEW, task("work, sent again"))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


def test_a_write_in_both_formats_is_as_old_as_the_copy_before_it() -> None:
    """Everybody sees the task in the new format, if not as it is now; nobody did without a copy before."""
    for copied, told in ((10, []), (None, YOUNG)):
        one = history()
        if copied is not None:
            one.put(copied, "operator-1.1", NEW, task())
        one.put(70, "daemon-1.1", OLD, task("work, begun"))
        one.put(71, "daemon-1.1", NEW, task("work, begun"))
        one.delete(75, "operator-1.1", OLD)
        assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("expires", "told"), [(80, []), (75, YOUNG)])
def test_a_stale_copy_is_seen_no_longer_than_its_ttl(expires: int, told: object) -> None:
    one = history()
    one.put(10, "operator-1.1", NEW, task(expires=expires))
    one.put(60, "daemon-1.1", NEW, task("work, begun"))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("new", "told"), [(task("other work"), []), (BROKEN, OTHER), (stored(0), OTHER)])
def test_an_earlier_new_format_task_wins(new: Entry, told: object) -> None:
    one = history(new=new)
    one.delete(5, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("kept", "told"), [(BROKEN, []), (Entry(b'{"id"', None), OTHER)])
def test_a_body_in_quarantine_guards_if_it_is_the_same(kept: Entry, told: object) -> None:
    one = history(old=BROKEN)
    one.put(10, "operator-1.1", KEPT, kept)
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


def test_a_fresh_quarantine_entry_guards_the_task() -> None:
    for one, told in ((history(), YOUNG), (history(new=task("an older body")), [])):
        one.put(2, "daemon-1.1", OLD, task("changed since"))
        one.put(70, "operator-1.1", KEPT, task("changed since"))
        one.delete(75, "operator-1.1", OLD)
        assert said(guarded_delete(one.record())) == told


def test_a_quarantine_entry_is_not_a_workers_change() -> None:
    one = history(kept=task("an older body"))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == OTHER


@pytest.mark.parametrize(("completed", "told"), [(74, []), (76, BARE)])
def test_a_task_with_a_result_needs_no_copy(completed: int, told: object) -> None:
    one = history()
    one.put(completed, "daemon-1.1", DONE, stored({"success": True}))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("expires", "told"), [(75, []), (76, BARE)])
def test_a_task_that_has_expired_is_deleted_by_nobody(expires: int, told: object) -> None:
    one = history(old=task(expires=expires))
    one.delete(75, "operator-1.1", OLD)
    assert said(guarded_delete(one.record())) == told


@pytest.mark.parametrize(("by", "told"), [("daemon-1.1", []), ("operator-1.1", BARE), ("operator-1.2", BARE)])
def test_only_a_migration_has_to_guard_what_it_deletes_a_rollback_too(by: str, told: object) -> None:
    one = history()
    one.delete(120, by, OLD)
    assert said(guarded_delete(one.record())) == told
