"""H10 to H17: the pending list deleted too early, and answers that are not true."""

from collections.abc import Callable, Iterator

from harness import Call
from harness.migrations.queue.hazards.case import Detector, Diagnosis, argued
from harness.migrations.queue.hazards.run import Attempt, Run, runs
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, PENDING
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import BROKEN, QueueState
from harness.model.verdict import Moment


def failed_and_unlisted(record: Record) -> Diagnosis | None:
    """H10: tasks failed, others did not, and the pending list is deleted: nobody lists the failed ones."""

    def lost(run: Run, one: Attempt) -> bool:
        old, new = one.task in run.after.old_tasks, one.task in run.after.new_tasks
        return not one.moved and old and not new and one.task not in record.final.new_tasks

    what = (
        "{n} task{s} that failed {are} listed nowhere any more: the run deleted the pending list all the same"
    )
    return _left_behind(record, "H10", what, lost, "I2", "I15")


def delete_failed(record: Record) -> Diagnosis | None:
    """H11: the delete of an old key fails, and the key outlives the list that named it."""

    def doubled(run: Run, one: Attempt) -> bool:
        refused = one.delete is not None and one.delete.error is not None
        return refused and one.task in run.after.old_tasks and one.task in run.after.new_tasks

    what = (
        "{n} task{s} {are} in both formats: the old key could not be deleted, and nothing lists it any more"
    )
    return _left_behind(record, "H11", what, doubled, "I2", "I15")


def verified_as_missing(record: Record) -> Diagnosis | None:
    """H12: the read that verifies a copy finds nothing, though the copy is there."""

    def unseen(run: Run, one: Attempt) -> bool:
        read = one.verify
        null = read is not None and read.error is None and read.entry is None
        written = one.put is not None and one.put.error is None
        return null and written and one.task in run.after.old_tasks and one.task in run.after.new_tasks

    what = "{n} task{s} {were} copied, and reported as failed because the copy could not be read yet"
    return _left_behind(record, "H12", what, unseen, "I2", "I26")


def _left_behind(
    record: Record, hazard: str, what: str, hurt: Callable[[Run, Attempt], bool], *invariants: str
) -> Diagnosis | None:
    """A hazard of tasks that a run tried, in a run that deleted the pending list."""
    for run in runs(record):
        if not run.deleted_list or PENDING in run.after.entries:
            continue
        found = [one for one in run.attempts if one.task not in run.moved and hurt(run, one)]
        if found:
            evidence = [*found[0].moments, *run.evidence(run.end_of_list)]
            return argued(hazard, what, [one.task for one in found], evidence, *invariants)
    return None


def unreadable_list(record: Record) -> Diagnosis | None:
    """H13: a pending list that is not an array is a fatal error, and the answer is success."""
    for run in runs(record):
        wrong = run.listed is BROKEN or (run.listed is not None and not isinstance(run.listed, list | str))
        if wrong and _fatal_success(run) and run.call.member("tasks", "migrated") == 0:
            left = run.after.old_tasks
            what = (
                f"the pending list cannot be read; the run answered {run.call.status}, success true, and "
                f"moved none of {len(left)} tasks"
            )
            read = [op for op in run.operations if op.key == PENDING]
            return argued("H13", what, [PENDING, *left], run.evidence(*read), "I2", "I16")
    return None


def unlistable_leases(record: Record) -> Diagnosis | None:
    """H14: the listing of the leases fails, and the answer is success."""
    for run in runs(record):
        listing = run.lease_listing
        if listing is None or listing.error is None or not _fatal_success(run):
            continue
        if run.deleted_list and run.after.old_leases:
            what = (
                "{n} lease{s} {were} left in the old format: they could not be listed, the pending list was "
                "gone already, and the run answered success true"
            )
            evidence = run.evidence(run.end_of_list, listing)
            return argued("H14", what, run.after.old_leases, evidence, "I9", "I16")
    return None


def _fatal_success(run: Run) -> bool:
    return run.call.member("success") is True and any(error.startswith("Fatal: ") for error in run.errors)


def empty_list(record: Record) -> Diagnosis | None:
    """H15: an empty pending list is never deleted, so that the migration is needed for ever."""
    for run in runs(record):
        kept = run.listed == [] and run.before.pending == [] and run.after.pending == []
        if not kept or run.call.member("success") is not True or run.says_missing:
            continue
        later = [call for call in _status_calls(record) if call.sent > run.call.answered]
        needed = [call for call in later if call.member("needsMigration") is True]
        if needed:
            what = (
                "the empty pending list stays: each run completes successfully, and status says it is needed"
            )
            evidence = [*run.evidence(), timeline.of_call(needed[0])]
            return argued("H15", what, [PENDING], evidence, "I17", "I19")
    return None


def null_or_text(record: Record) -> Diagnosis | None:
    """H16: null is a list for the run and none for status; a text is walked by its characters."""
    for run in runs(record):
        if isinstance(run.listed, str):
            letters = [letter for letter in run.listed if run.reported(letter)]
            if letters:
                what = (
                    f"the pending list is a text, {run.listed}: its letters were taken for {{n}} task id{{s}}"
                )
                return argued("H16", what, letters, run.evidence(), "I16")
        elif _is_null(run.before) and run.call.status == 200 and not run.says_missing:
            denied = [
                call
                for call in record.to("GET", "/api/migrate/status")
                if call.member("needsMigration") is False and _is_null(record.around[call.name][0])
            ]
            if denied:
                what = (
                    "the pending list is null: status says that no migration is needed, the run that one is"
                )
                evidence = [timeline.of_call(denied[0]), *run.evidence()]
                return argued("H16", what, [PENDING], evidence, "I17")
    return None


def _is_null(state: QueueState) -> bool:
    return PENDING in state.entries and state.pending is None


def not_needed(record: Record) -> Diagnosis | None:
    """H17: without a pending list nothing is looked for, and old keys stay."""
    for call, before, after in _denials(record):
        left = [
            task
            for task in [*before.old_tasks, *before.old_leases]
            if (task in after.old_tasks or task in after.old_leases) and task not in before.quarantined
        ]
        if left and PENDING not in before.entries and PENDING not in after.entries:
            what = "{n} task{s} or lease{s} of the old format {are} there, and the answer is that none {are}"
            return argued("H17", what, left, _evidence(record, call, left[0]), "I2", "I17")
    return None


def _denials(record: Record) -> Iterator[tuple[Call, QueueState, QueueState]]:
    """Answers that no migration is needed, given without a look at the old prefixes."""
    for call in [*record.runs, *record.to("GET", "/api/migrate/status")]:
        if _denies(call) and not _looked(record, call):
            yield call, *record.around[call.name]
    for name in ("rerun", "status"):
        if _denies(record.judged[name]):
            yield record.judged[name], record.final, record.final


def _looked(record: Record, call: Call) -> bool:
    return any(op.verb == "scan" and op.key == OLD_TASK for op in record.operations.get(call.name, []))


def _denies(call: Call) -> bool:
    message = call.member("message")
    said = isinstance(message, str) and message.startswith("Migration not needed")
    return said or call.member("needsMigration") is False


def _evidence(record: Record, call: Call, task: str) -> list[Moment]:
    """Where the old key comes from, what else was done to it, and the answer that denies it."""
    told = [event for event in record.writes if event.key in (OLD_TASK + task, NEW_TASK + task, PENDING)]
    return [
        *(timeline.of_write(event) for event in told if event.at <= call.answered),
        timeline.of_call(call),
    ]


def _status_calls(record: Record) -> list[Call]:
    return [*record.to("GET", "/api/migrate/status"), record.judged["status"]]


REPORTS: tuple[Detector, ...] = (
    failed_and_unlisted,
    delete_failed,
    verified_as_missing,
    unreadable_list,
    unlistable_leases,
    empty_list,
    null_or_text,
    not_needed,
)
