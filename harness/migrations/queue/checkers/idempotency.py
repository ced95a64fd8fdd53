"""I11 Idempotency: after a run that says all is done, another run changes nothing, and says so."""

from harness import Call, carry_out
from harness.migrations.queue.checkers.step import NOT_NEEDED
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict
from kvstore import Entry, Event

_TITLE = "Idempotency: a second run changes nothing and reports zero"
_OLD = (OLD_TASK, OLD_LEASE, PENDING)


def idempotency(record: Record) -> Verdict:
    last = _last_run(record)
    rerun = record.judged["rerun"]
    if last is None or not _is_settled(record, last):
        return verdict("I11", _TITLE, [], looked=0, at="finished migration")
    moved = rerun.member("totalMigrated") or rerun.member("tasks", "migrated") or 0
    failed = rerun.member("totalFailed") or rerun.member("tasks", "failed") or 0
    honest = rerun.status == 200 and rerun.member("success") is True and not moved and not failed
    # A safe one that waits for its end once more is in progress.
    if rerun.member("done") is not False and NOT_NEEDED not in str(rerun.member("message")):
        honest = False
    shown = [last, rerun]
    return verdict(
        "I11",
        _TITLE,
        [
            timeline.shown_by(
                "{n} key{s} change{es} when the migration is run again",
                _changed(record),
                [*shown, *_by_rerun(record)],
            ),
            timeline.shown_by(
                f"a second run answers {rerun.status}, migrated {moved}, failed {failed}",
                [] if honest else ["second run"],
                shown,
            ),
        ],
        looked=1,
        at="finished migration",
    )


def _last_run(record: Record) -> Call | None:
    """The run that ended last; None without one, and after a rollback."""
    if not record.runs or record.scenario.rollback != "never":
        return None
    return max(record.runs, key=lambda run: run.answered)


def _is_settled(record: Record, last: Call) -> bool:
    """Whether nothing is left to be done: the last run said so, or there is no task or lease to move.

    A safe migration that was stopped before its end, by a quota for instance, still has its list to delete.
    """
    safe = record.scenario.migration == "safe"
    stopped = safe and PENDING in record.final.entries and last.member("done") is not True
    if not record.final.old_tasks and not record.final.old_leases and not stopped:
        return True
    finished = last.member("done") is True if safe else last.status == 200
    return finished and last.member("success") is True and not _old_format_went_on(record, last)


def _old_format_went_on(record: Record, last: Call) -> bool:
    """Whether somebody else wrote to the old format meanwhile: then there is more to do."""
    return any(
        event.key.startswith(_OLD) and not record.made_by_migration(event)
        for event in record.writes[last.first :]
    )


def _by_rerun(record: Record) -> list[Event]:
    return [event for event in record.rewritten if event.invocation == record.judged["rerun"].name]


def _changed(record: Record) -> list[str]:
    before, again = record.final.entries, _by_rerun(record)
    written = sorted({event.key for event in again})
    after: dict[str, Entry] = {key: before[key] for key in written if key in before}
    carry_out(again, after)
    return [key for key in written if before.get(key) != after.get(key)]
