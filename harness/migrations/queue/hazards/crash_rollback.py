"""H41 to H48: a migration that stops half-way and is run again, two at once, and the way back."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from harness import Call
from harness.migrations.queue.hazards.case import Detector, Diagnosis, argued
from harness.migrations.queue.hazards.run import Earlier, page_size, ran_out, runs
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_TASK, RESULT
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import QueueState, parsed
from harness.model.log import chosen
from harness.model.verdict import Moment
from kvstore import Entry, Event

_LATE_MS = 61_000


@dataclass(slots=True)
class Copy:
    """A task in the new format: the put of a run (None: there from the beginning), and a later change."""

    entry: Entry
    put: Event | None
    since: Event | None = None


def put_back(record: Record) -> Diagnosis | None:
    """H41: a run copies a task again, over a copy that somebody has worked on since."""
    there = {NEW_TASK + task: Copy(entry, None) for task, entry in record.start.new_tasks.items()}
    hurt: dict[str, list[Moment]] = {}
    rewritten = {event.key for event in record.rewritten}
    for event in _all_writes(record):
        if not event.key.startswith(NEW_TASK):
            continue
        copy = there.get(event.key)
        if copy is None and event.key not in rewritten and len(record.versions.to(event.key)) == 1:
            continue  # a copy that nobody writes again is not kept: there may be one of every task
        if event.entry is None:
            there.pop(event.key, None)
        elif _by_run(record, event):
            worked_on = copy is not None and (copy.since is not None or copy.put is None)
            if copy is not None and worked_on and _status(copy.entry) != _status(event.entry):
                hurt.setdefault(event.key.removeprefix(NEW_TASK), _story(record, copy, event))
            there[event.key] = Copy(event.entry, event)
        elif copy is not None:
            copy.entry, copy.since = event.entry, event
    if not hurt:
        return None
    what = "{n} task{s} in the new format {were} overwritten with the old copy: what was done since is undone"
    return argued("H41", what, hurt, next(iter(hurt.values())), "I8", "I11")


def _story(record: Record, copy: Copy, event: Event) -> list[Moment]:
    """The copy, what was done to it, and the put that undid that, each with the status that it wrote."""
    told = [one for one in (copy.put, copy.since, event) if one is not None and one.entry is not None]
    moments = [
        Moment(one.at, one.invocation, f"put {one.key}, status {_status(one.entry)}")
        for one in told
        if one.entry is not None
    ]
    if copy.put is None:
        moments.insert(0, Moment(record.began, "", f"{event.key} is there, status {_status(copy.entry)}"))
    return moments


def _status(entry: Entry) -> object:
    value = parsed(entry)
    return value.get("status") if isinstance(value, dict) else None


def completed_again(record: Record) -> Diagnosis | None:
    """H42: a run copies a task again whose first copy was completed meanwhile."""
    written = chosen(record.writes, RESULT, verb="put"), chosen(record.rewritten, RESULT, verb="put")
    results = {event.key.removeprefix(RESULT) for events in written for event in events}
    copied: dict[str, Event] = {}
    completed: dict[str, Event] = {}
    hurt: dict[str, list[Event]] = {}
    for event in _all_writes(record):
        if event.verb == "put" and event.key.startswith(RESULT):
            completed.setdefault(event.key.removeprefix(RESULT), event)
        elif event.verb == "put" and event.key.startswith(NEW_TASK) and _by_run(record, event):
            task = event.key.removeprefix(NEW_TASK)
            if task not in results:
                continue  # what is never completed is not kept: there may be one of every task
            first, result = copied.get(task), completed.get(task)
            if first is not None and result is not None and _is_copied_again(record, first, result, event):
                hurt.setdefault(task, [first, result, event])
            copied[task] = event
    if not hurt:
        return None
    task, told = next(iter(hurt.items()))
    claims = [
        timeline.of_call(call)
        for call in record.to("POST", "/api/queue/claim")
        if call.member("taskId") == task
    ]
    what = "{n} completed task{s} {were} copied again by the next run, to be executed twice"
    return argued("H42", what, hurt, [*map(timeline.of_write, told), *claims[-1:]], "I5", "I12")


def _is_copied_again(record: Record, first: Event, result: Event, again: Event) -> bool:
    """Whether another run read a task, and copied it, after it was copied and completed."""
    if first.invocation == again.invocation or first.at >= result.at:
        return False
    original = OLD_TASK + again.key.removeprefix(NEW_TASK)
    operations = record.operations.get(again.invocation, ())
    reads = (op.at for op in reversed(operations) if op.verb == "get" and op.key == original)
    return result.at < next(reads, again.at)


def list_outlives_tasks(record: Record) -> Diagnosis | None:
    """H43: the run stops after its last task, before it deletes the list; no other run ever will."""
    moved = Earlier()
    stopped: list[Moment] | None = None
    for run in runs(record, last=True):
        if stopped and run.call.status == 207 and run.call.member("tasks", "migrated") == 0:
            listed = [
                task for task in dict.fromkeys(run.after.pending_ids) if task not in run.after.old_tasks
            ]
            passed = [task for task in listed if moved.of(task) and run.reported(task, "not found")]
            if passed and len(listed) == len(set(run.after.pending_ids)):
                what = (
                    "the pending list stays with {n} moved task{s}: each run calls them failed and keeps it"
                )
                return argued("H43", what, passed, [*stopped, *run.evidence()], "I11", "I12")
        moved.add(run)
        last = run.end_of_list
        if run.moved and last is not None and last.error is not None:
            stopped = [*(timeline.of_read(one.delete) for one in [*run.moved.values()][-1:] if one.delete)]
            stopped += run.evidence(last)
    return None


def two_operators(record: Record) -> Diagnosis | None:
    """H44: two walk the list at once, and each reports the other's work as failures."""
    for one, other in combinations(runs(record), 2):
        together = one.call.sent < other.call.answered and other.call.sent < one.call.answered
        if not together or one.call.actor == other.call.actor:
            continue
        for mine, theirs in ((one, other), (other, one)):
            failed = [task for task in theirs.moved if task not in mine.moved and mine.reported(task)]
            if failed:
                attempts = [attempt for attempt in mine.attempts if attempt.task == failed[0]]
                evidence = [
                    *theirs.moved[failed[0]].moments,
                    *(moment for attempt in attempts[:1] for moment in attempt.moments),
                    *theirs.evidence(),
                    *mine.evidence(),
                ]
                what = "{n} task{s} {were} moved by one operator, and reported as failed to another meanwhile"
                return argued("H44", what, failed, evidence, "I11", "I13")
    return None


def rollback_loses(record: Record) -> Diagnosis | None:
    """H45: the rollback deletes what the run had moved; no old key is left of it."""
    what = "{n} task{s} {are} lost: the rollback deleted the only copy, which the run had made"
    return _lost(record, "H45", what, born_before=True)


def rollback_loses_newborn(record: Record) -> Diagnosis | None:
    """H46: the rollback deletes tasks that came after the migration and never had an old key."""
    what = "{n} task{s} accepted in the new format {were} deleted by the rollback"
    return _lost(record, "H46", what, born_before=False)


def _lost(record: Record, hazard: str, what: str, *, born_before: bool) -> Diagnosis | None:
    for call, before, after in _rollbacks(record):
        deleted = _deleted(record, call)
        gone = [
            task
            for task in deleted
            if task in before.new_tasks
            and not any(task in held for held in (after.old_tasks, after.new_tasks, after.results))
            and task not in before.results
        ]
        if not gone:
            continue
        old = set(record.start.old_tasks) | {
            event.key.removeprefix(OLD_TASK) for event in record.writes if event.key.startswith(OLD_TASK)
        }
        lost = [task for task in gone if (task in old) is born_before]
        if lost:
            keys = (OLD_TASK + lost[0], NEW_TASK + lost[0], NEW_LEASE + lost[0])
            told = [event for event in record.writes[: call.last] if event.key in keys]
            evidence = [*map(timeline.of_write, told), timeline.of_call(call)]
            return argued(hazard, what, lost, evidence, "I1", "I24")
    return None


def rollback_out_of_operations(record: Record) -> Diagnosis | None:
    """H47: the rollback ends with an error, when part of the keys are deleted already."""
    for call, _, after in _rollbacks(record):
        operations = record.operations.get(call.name, [])
        spent = [op for op in operations if ran_out(op)]
        deleted = [op for op in operations if op.verb == "delete" and op.error is None]
        left = [*after.new_tasks, *after.new_leases]
        if call.status == 500 and spent and deleted and left:
            what = (
                f"the rollback answered 500 after it had deleted {len(deleted)} keys, with {{n}} still there"
            )
            evidence = [*map(timeline.of_read, [*deleted[-2:], spent[0]]), timeline.of_call(call)]
            return argued("H47", what, left, evidence, "I18", "I24")
    return None


def rollback_too_early(record: Record) -> Diagnosis | None:
    """H48: a listing does not show yet what was written in the last minute; the rollback misses it."""
    for call, before, after in _rollbacks(record):
        operations = record.operations.get(call.name, [])
        listing = [op for op in operations if op.verb == "scan" and op.key == NEW_TASK]
        deleted = _deleted(record, call)
        if call.status != 200 or call.member("done") is False or len(listing) != 1:
            continue
        if len(deleted) == page_size(record):
            continue
        missed = [task for task in before.new_tasks if task in after.new_tasks and task not in deleted]
        fresh = {
            event.key: event
            for event in record.writes[: call.first]
            if event.key.startswith(NEW_TASK) and event.verb == "put" and event.at > call.sent - _LATE_MS
        }
        unseen = [task for task in missed if NEW_TASK + task in fresh]
        if unseen:
            what = "{n} task{s} {were} written less than a minute before the rollback, which did not see them"
            first = fresh[NEW_TASK + unseen[0]]
            evidence = [timeline.of_write(first), *map(timeline.of_read, listing), timeline.of_call(call)]
            return argued("H48", what, unseen, evidence, "I24", "I26")
    return None


def _rollbacks(record: Record) -> Iterator[tuple[Call, QueueState, QueueState]]:
    for call in record.to("POST", "/api/migrate/rollback"):
        yield call, *record.around[call.name]


def _deleted(record: Record, call: Call) -> list[str]:
    """Tasks whose new key a rollback deleted."""
    return [
        op.key.removeprefix(NEW_TASK)
        for op in record.operations.get(call.name, [])
        if op.verb == "delete" and op.error is None and op.key.startswith(NEW_TASK)
    ]


def _all_writes(record: Record) -> Iterator[Event]:
    """Every write, and then those of the run that was asked for after everything."""
    yield from record.writes
    yield from record.rewritten


def _by_run(record: Record, event: Event) -> bool:
    return record.made_by_migration(event) or event.invocation == record.judged["rerun"].name


CRASH_ROLLBACK: tuple[Detector, ...] = (
    put_back,
    completed_again,
    list_outlives_tasks,
    two_operators,
    rollback_loses,
    rollback_loses_newborn,
    rollback_out_of_operations,
    rollback_too_early,
)
