"""I19 Progress: a migration that is not done gets on with every call, unless it waits for something."""

from harness import Call
from harness.migrations.queue.layout import (
    NEW_LEASE,
    NEW_TASK,
    NOTES,
    OLD_LEASE,
    OLD_TASK,
    PENDING,
    QUARANTINE,
    belongs_to_migration,
)
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import ROLLBACK, RUN, is_day_over
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict

# A safe migration may be called this often for nothing: it sees late what it has done itself.
_PATIENCE = 5
# And told this often to come again at once.
_MOST_HURRIED = 12
_LONGEST_KEY = 512
# What has less to live, by a clock that may be off, can have no copy: a migration waits for its end, and a
# task for that of its lease.
_LAST_MINUTE_MS = 90_000
# A `retryAfter` may be as long as it takes until a write is seen everywhere and verified; where writes are
# visible at once, as it takes until another step is done.
_LONGEST_WAIT_SECONDS = 600
_SHORT_WAIT_SECONDS = 5
# What a run is to move, and what a rollback is.
_OLD = (OLD_TASK, OLD_LEASE, PENDING)
_NEW = (NEW_TASK, NEW_LEASE)


def progress(record: Record) -> Verdict:
    safe = record.scenario.migration == "safe"
    stuck = _stuck_safe(record, record.runs, _OLD) if safe else _stuck_documented(record)
    rollbacks = record.to("POST", ROLLBACK)
    back = _stuck_safe(record, rollbacks, _NEW) if safe else []
    taken = [*record.runs, *rollbacks] if safe else []
    put_off = [call for call in taken or record.runs if _puts_off(record, call)]
    endless, hurried = _endless(record, taken), _hurried(record, taken)
    return verdict(
        "I19",
        "Progress: every call of an unfinished migration gets on with it",
        [
            timeline.of_calls(
                "{n} call{s} of the migration changed nothing, though old keys were left and nothing failed",
                stuck,
            ),
            timeline.of_calls(
                "{n} call{s} of the rollback changed nothing, though new keys were left and nothing failed",
                back,
            ),
            timeline.of_calls(
                "{n} answer{s} asked for a wait that nothing needs: keys were left that could be moved",
                put_off,
            ),
            timeline.of_calls(
                "{n} call{s} {were} answered as not done, though nothing was left for long", endless
            ),
            timeline.of_calls("{n} call{s} that {were} asked to repeat at once changed nothing", hurried),
        ],
        looked=len(record.runs) + len(rollbacks),
        at="calls of the migration",
    )


def _stuck_documented(record: Record) -> list[Call]:
    """Runs that did nothing with what everybody could see. Each of them goes over everything."""
    return [
        run
        for run in record.runs
        if not _moved(record, run) and not _hindered(record, run) and _left(record, run, _OLD)
    ]


def _stuck_safe(record: Record, steps: list[Call], sources: tuple[str, ...]) -> list[Call]:
    """Steps of one operator in a row that did nothing: many, and for longer than anything is seen late.

    What another operator's step did meanwhile is progress of the one migration, and what hindered that step
    or was told to it stands in the way of everybody's.
    """
    stuck: dict[str, list[Call]] = {}
    for run in steps:
        moved, hindered = _moved(record, run), _hindered(record, run)
        if moved or hindered:
            stuck = {who: row for who, row in stuck.items() if _is_stuck(record, row)}
        row = stuck.setdefault(run.actor, [])
        done = run.member("done") is True or not _left(record, run, sources) or _has_less_left(row, run)
        if not _is_stuck(record, row) and (done or moved or hindered):
            row.clear()
        else:
            row.append(run)
    return [run for row in stuck.values() if _is_stuck(record, row) for run in row]


def _endless(record: Record, taken: list[Call]) -> list[Call]:
    """Steps in a row that say they are not done when nothing is there to be moved: many, and for long."""
    row, found = list[Call](), list[Call]()
    for call in taken:
        sources = _OLD if call.path == RUN else _NEW
        begin, end = record.expectation.evidence(call)
        there = any(
            record.expectation.during(prefix + rest, begin, end)
            for prefix in sources
            for rest, _ in record.expectation.under(prefix)
            if _can_move(prefix + rest)
        )
        if call.member("done") is not False or there or _hindered(record, call) or call.operations == 0:
            row.clear()
        else:
            row.append(call)
        if len(row) >= _PATIENCE and row[-1].sent - row[0].sent > max(4 * record.expectation.window, 30_000):
            found = list(row)
    return found


def _hurried(record: Record, taken: list[Call]) -> list[Call]:
    """Steps in a row of which each was told to come at once, and changed nothing: many."""
    row, found, told = list[Call](), list[Call](), False
    for call in taken:
        idle = told and not _moved(record, call) and not _hindered(record, call) and call.operations > 0
        row = [*row, call] if idle and not (row and row[-1].actor != call.actor) else []
        now = call.member("retryAfter") == 0 and call.member("complete") is True
        told = (
            now and call.member("done") is False and _left(record, call, _OLD if call.path == RUN else _NEW)
        )
        if len(row) >= _MOST_HURRIED:
            found = list(row)
    return found


def _has_less_left(row: list[Call], run: Call) -> bool:
    """Whether a run says that less is left than the one before it: what it waited for has come."""
    before, now = row[-1].member("remaining") if row else None, run.member("remaining")
    return isinstance(before, int) and isinstance(now, int) and now < before


def _puts_off(record: Record, call: Call) -> bool:
    wait, sources = call.member("retryAfter"), _OLD if call.path == RUN else _NEW
    if not isinstance(wait, int) or is_day_over(call) or not _left(record, call, sources):
        return False
    # A reason to wait: writes are seen late, another step is under way, something failed, an entry soon ends.
    has_reason = (
        bool(record.expectation.window)
        or not call.operations
        or _hindered(record, call)
        or bool(_ending(record, call, _there(record, call, sources)))
    )
    longest = _LONGEST_WAIT_SECONDS if has_reason else _SHORT_WAIT_SECONDS
    return wait > longest + record.scenario.clock_spread / 1000


def _is_stuck(record: Record, row: list[Call]) -> bool:
    # Copies are verified when three windows have gone by since the last was made.
    longest = max(4 * record.expectation.window, 60_000)
    return len(row) >= _PATIENCE and row[-1].sent - row[0].sent > longest


def _moved(record: Record, run: Call) -> bool:
    """Whether a run changed anything but its own notes."""
    return any(
        belongs_to_migration(event.key)
        and not event.key.startswith(NOTES)
        and record.versions.before(event) != event.entry
        for event in record.versions.by(run.name)
    )


def _hindered(record: Record, run: Call) -> bool:
    """Whether something failed that was no fault of the run; the limit of operations is its own."""
    faults = any(fired.partition("@")[2].partition(":")[0] == run.name for fired in record.fired)
    refused = any(
        event.error and event.code != "invocation-limit" for event in record.operations.get(run.name, ())
    )
    return faults or refused or run.status is None or _is_told_of_quarantine(record, run)


def _is_told_of_quarantine(record: Record, run: Call) -> bool:
    """Whether it tells of a task whose place in quarantine another body has: somebody has to look at that."""
    errors, (begin, end) = str(run.member("errors")), record.expectation.evidence(run)
    return any(
        QUARANTINE + task in errors
        for task, spans in record.expectation.under(QUARANTINE)
        for span in spans
        if span.begin <= end
        and begin < span.end
        and any(
            one.entry.value != span.entry.value
            for one in record.expectation.during(OLD_TASK + task, begin, end)
        )
    )


def _left(record: Record, run: Call, sources: tuple[str, ...]) -> bool:
    """Whether something to move was there all the time, with a minute or more to live.

    A safe migration waits for a task that somebody has just changed, and for a lease whose task another
    holds; with it for the pending list.
    """
    there = _there(record, run, sources)
    ending = _ending(record, run, there)
    if ending and sources == _NEW:
        return False  # a rollback names all tasks in the list at once, before it deletes any
    left = [key for key in there if key not in ending]
    if record.scenario.migration == "documented":
        return bool(left)
    settled = [key for key in left if not _is_young(record, key, run) and not _is_held(record, key, run)]
    return bool(settled) and (settled != [PENDING] or left == [PENDING])


def _there(record: Record, run: Call, sources: tuple[str, ...]) -> list[str]:
    """The keys of what could be moved, and was there all the time."""
    expectation, (begin, end) = record.expectation, record.expectation.evidence(run)
    return [
        key
        for prefix in sources
        for key in (prefix + rest for rest, _ in expectation.under(prefix))
        if _can_move(key) and expectation.was_steady(key, begin, end)
    ]


def _ending(record: Record, run: Call, keys: list[str]) -> list[str]:
    """Those of ``keys`` that end soon, and the tasks whose lease does."""
    begin, end = record.expectation.evidence(run)
    return [k for k in keys if any(_is_ending(record, one, begin, end) for one in (k, _lease_of(k)))]


def _is_ending(record: Record, key: str, begin: float, end: float) -> bool:
    least = end + _LAST_MINUTE_MS + record.scenario.clock_spread
    return any(span.due <= least for span in record.expectation.during(key, begin, end))


def _lease_of(key: str) -> str:
    """The lease of a task in the same format; the key itself for anything else."""
    return (
        key.replace(OLD_TASK, OLD_LEASE, 1)
        if key.startswith(OLD_TASK)
        else key.replace(NEW_TASK, NEW_LEASE, 1)
    )


def _is_young(record: Record, key: str, run: Call) -> bool:
    """Whether a task was changed so lately, by a clock that may be off, that not everybody sees it."""
    if not key.startswith((OLD_TASK, NEW_TASK)):
        return False
    task = key.removeprefix(OLD_TASK).removeprefix(NEW_TASK)
    since = run.sent - 2 * record.expectation.window - record.scenario.clock_spread
    return any(
        write.verb == "put" and write.at > since and not record.made_by_migration(write)
        for prefix in (OLD_TASK, NEW_TASK)
        for write in record.versions.to(prefix + task)
    )


def _is_held(record: Record, key: str, run: Call) -> bool:
    """Whether the coordinator knows of another lease that lasts than a task's, or than the one at ``key``: an
    old Worker, which asks no coordinator, has overwritten it, or its own is in the new format.
    """
    task = key.removeprefix(OLD_TASK).removeprefix(OLD_LEASE)
    if record.scenario.claims != "coordinator" or task == key:
        return False
    begin, end = record.expectation.evidence(run)
    now = record.expectation.during(OLD_LEASE + task, begin, end)
    known = [
        span
        for prefix in (OLD_LEASE, NEW_LEASE)
        for span in record.expectation.of(prefix + task)
        if span.begin <= end and begin < span.due and not span.from_operator
        if span.ended_by is None or span.ended_by.verb == "put"
    ]
    return any(one.entry.value != other.entry.value for one in now for other in known)


def _can_move(key: str) -> bool:
    """Whether a task of the new format has an id that is short enough for the old one."""
    task = key.removeprefix(NEW_TASK)
    return task == key or len((OLD_TASK + task).encode()) <= _LONGEST_KEY
