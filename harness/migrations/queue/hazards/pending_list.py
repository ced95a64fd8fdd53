"""H27 to H33: what becomes of one array that everybody reads, changes and writes back."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.migrations.queue.hazards.case import Detector, Diagnosis, argued
from harness.migrations.queue.hazards.run import Earlier, Run, runs
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING, RESULT
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record, kept
from harness.migrations.queue.state import parsed
from harness.model.log import chosen
from harness.model.verdict import Moment
from kvstore import Entry, Event


@dataclass(frozen=True, slots=True)
class Change:
    """A write of the pending list by somebody other than the operator.

    ``read`` is what the request had read, ``there`` what was stored until then (None: no list), ``written``
    what it put; ``tasks`` and ``results`` are the old tasks and the results that are there.
    """

    event: Event
    read: list[Any]
    there: list[Any] | None
    written: list[Any]
    tasks: frozenset[str]
    results: frozenset[str]


@kept
def _changes(record: Record) -> list[Change]:
    return list(_each_change(record))


def _each_change(record: Record) -> Iterator[Change]:
    lists = [event for event in chosen(record.writes, PENDING, verb="put") if event.key == PENDING]
    if not lists:
        return
    there = _array(record.start.entries.get(PENDING))
    tasks, results = set(record.start.old_tasks), set(record.start.results)
    for event in record.writes:
        if event.key == PENDING:
            if event.verb == "put" and not record.made_by_migration(event):
                read, written = _array(_read_by(record, event)) or [], _array(event.entry) or []
                yield Change(event, read, there, written, frozenset(tasks), frozenset(results))
            there = _array(event.entry)
        elif event.key.startswith(OLD_TASK):
            task = event.key.removeprefix(OLD_TASK)
            if event.verb == "put":
                tasks.add(task)
            else:
                tasks.discard(task)
        elif event.key.startswith(RESULT):
            results.add(event.key.removeprefix(RESULT))


def _read_by(record: Record, write: Event) -> Entry | None:
    """The pending list as the request read it that made this write."""
    operations = record.operations.get(write.invocation, [])
    read = [op.entry for op in operations if op.verb == "get" and op.key == PENDING]
    return read[-1] if read else None


def _array(entry: Entry | None) -> list[Any] | None:
    value = None if entry is None else parsed(entry)
    return value if isinstance(value, list) else None


def too_fast(record: Record) -> Diagnosis | None:
    """H27: the second write of the list within a second is refused, with the task already written."""
    lists = [(event.index + 1, event) for event in chosen(record.writes, PENDING) if event.key == PENDING]
    places = [place for place, _ in lists]
    hurt: dict[str, list[Moment]] = {}
    for call in record.to("POST", "/webhook/*"):
        if call.status != 500:
            continue
        operations = record.operations.get(call.name, [])
        stored = [
            op for op in operations if op.verb == "put" and op.key.startswith(OLD_TASK) and not op.error
        ]
        refused = [
            op for op in operations if op.key == PENDING and op.verb == "put" and op.code == "write-rate"
        ]
        if not stored or not refused:
            continue
        before = bisect_right(places, call.last)
        latest = lists[before - 1][1] if before else None
        entry = latest.entry if latest is not None else record.start.entries.get(PENDING)
        task = stored[-1].key.removeprefix(OLD_TASK)
        if task not in (_array(entry) or []):
            cause = [timeline.of_write(latest)] if latest is not None else []
            told = [timeline.of_read(stored[-1]), timeline.of_read(refused[-1]), timeline.of_call(call)]
            hurt.setdefault(task, [*cause, *told])
    if not hurt:
        return None
    what = "{n} task{s} {were} stored and not listed: the list had been written less than a second before"
    return argued("H27", what, hurt, next(iter(hurt.values())), "I20")


def lost_update(record: Record) -> Diagnosis | None:
    """H28: of two that change the list at once the second undoes what the first did."""
    vanished: dict[str, Change] = {}
    back: dict[str, Change] = {}
    for change in _changes(record):
        if change.there is None:
            continue
        kept = [*change.read, *change.written]
        gone = [one for one in change.there if isinstance(one, str) and one not in kept]
        vanished |= {task: change for task in gone if task in change.tasks and task not in change.results}
        extra = [one for one in change.written if isinstance(one, str) and one not in change.there]
        back |= {one: change for one in extra if one in change.read and one in change.results}
    if vanished:
        what = "{n} task{s} {are} no longer listed: a request put back the list that it had read before"
        return argued("H28", what, vanished, _told(record, vanished), "I3")
    if back:
        what = "{n} completed task{s} {are} listed again: a request put back the list that it had read before"
        return argued("H28", what, back, _told(record, back), "I3", "I5")
    return None


def _told(record: Record, changes: dict[str, Change]) -> list[Moment]:
    """The read, what was written since, and the write, for the first of ``changes``."""
    change = next(iter(changes.values()))
    read = [op for op in record.operations[change.event.invocation] if op.key == PENDING and op.verb == "get"]
    since = read[-1].at if read else change.event.at
    between = [
        event
        for event in record.writes
        if event.key == PENDING and since - 61_000 < event.at < change.event.at
    ]
    return [
        *(timeline.of_read(op) for op in read[-1:]),
        *(timeline.of_write(event) for event in between[-4:]),
        timeline.of_write(change.event),
    ]


def orphans(record: Record) -> Diagnosis | None:
    """H29: the migration walks the list, and tasks that it does not name stay where nobody looks."""
    for run in runs(record):
        if not run.deleted_list or PENDING in run.after.entries or not isinstance(run.listed, list):
            continue
        there = [
            task
            for task in run.before.orphans
            if task in run.after.old_tasks
            and task not in run.after.new_tasks
            and task not in run.after.quarantined
            and task not in record.final.new_tasks
        ]
        tried = {one.task for one in run.attempts} if there else ()
        left = [task for task in there if task not in tried]
        if left:
            what = (
                "{n} task{s} that no list named {were} not migrated, and the list that is looked at is gone"
            )
            evidence = [*_history(record, left[0], run), *run.evidence(run.end_of_list)]
            return argued("H29", what, left, evidence, "I2", "I15")
    return None


def _history(record: Record, task: str, run: Run) -> list[Moment]:
    told = [
        event for event in record.writes if event.key == OLD_TASK + task and event.at <= run.call.answered
    ]
    return [timeline.of_write(event) for event in told]


def dangling(record: Record) -> Diagnosis | None:
    """H30: the list names a task that is over, which the run calls a failure."""
    moved = Earlier()
    for run in runs(record):
        found = [
            one
            for one in run.attempts
            if one.missing
            and moved.of(one.task) is None
            and one.task not in run.moved
            and isinstance(run.listed, list)
            and one.task in run.listed
            and one.task
            and one.task not in run.before.tasks
            and run.reported(one.task, "not found")
        ]
        moved.add(run)
        if found:
            what = "{n} id{s} without a task {were} reported as failed"
            wasted = _wasted_claims(record, found[0].task)
            evidence = [*wasted, *found[0].moments, *run.evidence()]
            return argued("H30", what, [one.task for one in found], evidence, "I16")
    return None


def _wasted_claims(record: Record, task: str) -> list[Moment]:
    """A lease put for the id and deleted again by a claim."""
    told = [
        event
        for event in record.writes
        if event.key == OLD_LEASE + task and not record.made_by_migration(event)
    ]
    return [timeline.of_write(event) for event in told[:2]]


def duplicates(record: Record) -> Diagnosis | None:
    """H31: the second mention of a task is reported as failed, though the first one moved it."""
    for run in runs(record):
        again = [one for one in run.attempts if one.missing and one.task in run.moved]
        told = [one for one in again if run.reported(one.task, "not found")]
        if told:
            what = "{n} task{s} listed twice {were} moved, and reported as failed for the second time"
            first = run.moved[told[0].task]
            evidence = [*first.moments, *told[0].moments, *run.evidence()]
            return argued("H31", what, [one.task for one in told], evidence, "I16")
    return None


def zombie_list(record: Record) -> Diagnosis | None:
    """H32: somebody puts the list back that the migration has deleted."""
    names = {call.name for call in record.runs}
    deleted: Event | None = None
    changes = {change.event.index: change for change in _changes(record)}
    moved: set[str] = set()
    for event in chosen(record.writes, PENDING, OLD_TASK) if changes else ():
        if event.invocation in names and event.verb == "delete" and event.key.startswith(OLD_TASK):
            moved.add(event.key.removeprefix(OLD_TASK))
        if event.key != PENDING:
            continue
        if event.verb == "delete":
            deleted = event if event.invocation in names else None
        elif deleted is not None:
            change = changes.get(event.index)
            stale = [one for one in change.written if one in change.read and one in moved] if change else []
            if change is not None and (stale or not change.written):
                what = (
                    "the pending list is back after its deletion, with {n} id{s} of moved tasks"
                    if stale
                    else "the pending list is back after its deletion, empty: migration is needed for ever"
                )
                read = [op for op in record.operations[event.invocation] if op.key == PENDING]
                evidence = [
                    timeline.of_write(deleted),
                    *map(timeline.of_read, read),
                    timeline.of_write(event),
                ]
                return argued("H32", what, stale or [PENDING], evidence, "I2", "I13")
            deleted = None
    return None


def not_ids(record: Record) -> Diagnosis | None:
    """H33: what cannot be an id becomes a key all the same."""
    for run in runs(record):
        if not isinstance(run.listed, list):
            continue
        odd = [one for one in run.attempts if one.missing and one.task not in [t for t in run.listed if t]]
        told = [one for one in odd if run.reported(one.task, "not found")]
        if told:
            what = "{n} element{s} of the list that cannot be an id {were} reported as task{s} not found"
            evidence = [*told[0].moments, *run.evidence()]
            return argued("H33", what, [one.task or '""' for one in told], evidence, "I16")
    return None


PENDING_LIST: tuple[Detector, ...] = (
    too_fast,
    lost_update,
    orphans,
    dangling,
    duplicates,
    zombie_list,
    not_ids,
)
