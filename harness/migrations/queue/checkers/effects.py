"""What a request of the queue did is what it answered: part of I13, for the Workers of a safe migration.

Of an entry that is written its value, its expiration and its metadata are judged; of an answer, that it gives
what is stored, and that what it says was done has been done.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, unquote

from harness import Call
from harness.migrations.queue.checkers.ending import was_alone
from harness.migrations.queue.checkers.limiter import LIMITER
from harness.migrations.queue.checkers.messages import EVENT, HOUR, accepted
from harness.migrations.queue.checkers.refusals import refusals
from harness.migrations.queue.checkers.written import ROUNDING, lives, plain, put_last
from harness.migrations.queue.layout import (
    NEW_LEASE,
    NEW_TASK,
    OLD_LEASE,
    OLD_TASK,
    RESULT,
    belongs_to_migration,
)
from harness.migrations.queue.simulation.expectation import RESULTS, Span, are_steady, task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import Lease, epoch_seconds, parsed
from kvstore import Entry, Event

_LEAST_TTL: Final = 60
_LAST_MS: Final = 120_000
Wrong = Iterator[tuple[str, str]]


def effects(record: Record) -> Wrong:
    """What is wrong with what a request did, and about which task."""
    if record.scenario.migration != "safe":
        return
    for call in record.calls:
        if call.status is None:
            continue
        task = str(call.member("taskId") or call.member("eventId") or task_of(call) or call.name)
        for what in _wrong(record, call, task):
            yield what, task


def _wrong(record: Record, call: Call, task: str) -> Iterator[str]:
    if call.method == "GET" and any(not one.key.startswith(LIMITER) for one in record.versions.by(call.name)):
        yield "{n} GET request{s} {have} written something"
    if any(not _is_in_layout(one.key) for one in record.versions.by(call.name)):
        yield "{n} request{s} wrote a key outside the layout of the queue"
    yield from refusals(record, call)
    if call.method == "GET" and call.status == 404 and _is_missed_result(record, call, task):
        yield "{n} result{s} {were} answered as not found, and {were} stored all the time"
    if call.outcome != "ok" or call.path.startswith("/api/migrate"):
        return
    if call.path == "/api/queue/claim":
        if call.member("success") is True and task in record.expectation.stories:
            yield from _claimed(record, call, task)
        if call.stage != "old" or was_alone(record, call):
            yield from _left_behind(record, call, str(call.member("taskId") or ""))
    elif call.path.startswith("/webhook/"):
        yield from accepted(record, call, task)
    elif call.path.startswith(RESULTS):
        yield from (_completed if call.method == "POST" else _result_read)(record, call, task)
    elif call.method == "GET" and call.path == "/api/queue":
        yield from _listed(record, call)
    elif call.method == "GET" and call.path.startswith("/api/queue/"):
        yield from _read(record, call, unquote(call.path.removeprefix("/api/queue/")))
    elif call.path.endswith("/renew"):
        yield from _renewed(record, call, task)
    elif call.path.endswith("/status"):
        yield from _marked(record, call, task)
    elif call.path.endswith("/release"):
        yield from _given_back(record, call, task)


def _is_missed_result(record: Record, call: Call, task: str) -> bool:
    """Whether every location saw an object as the result that a request asked for, for as long as it took."""
    begin, end = record.expectation.evidence(call)
    spans = record.expectation.during(RESULT + task, begin, end) if call.path.startswith(RESULTS) else []
    return are_steady(spans, begin, end) and all(_is_object(span.entry) for span in spans)


def _hold(record: Record, call: Call, task: str, asked: Any) -> Iterator[str]:
    """A lease that was given or renewed: it is in KV as it was answered, and lives as long."""
    put = put_last(record, call, (OLD_LEASE if call.stage == "old" else NEW_LEASE) + task)
    if put is None or put.entry is None:
        yield "{n} task{s} {were} leased, and no lease {were} written"
        return
    if parsed(put.entry) != call.member("lease"):
        yield "{n} lease{s} {were} answered other than {they} {were} written"
    seconds = asked if isinstance(asked, int | float) else 300
    if not lives(put, max(seconds, _LEAST_TTL), record):
        yield "{n} lease{s} {were} kept for another time than was asked for"
    if put.entry.metadata is not None:
        yield "{n} lease{s} {were} given metadata"


def _is_in_layout(key: str) -> bool:
    return belongs_to_migration(key) or key.startswith((RESULT, EVENT, LIMITER))


def _claimed(record: Record, call: Call, task: str) -> Iterator[str]:
    body = call.body if isinstance(call.body, dict) else {}
    yield from _hold(record, call, task, body.get("leaseDurationSec"))
    lease = call.member("lease") or {}
    if lease.get("workerId") != body.get("workerId", lease.get("workerId")):
        yield "{n} task{s} {were} leased to somebody else than asked"
    given = call.raw("task")
    if not (given or isinstance(given, list | dict)):
        yield "{n} task{s} {were} handed out with no work in {them}"
    if not any(_same(span.entry, call.raw("task")) for span in _bodies(record, call, task)):
        yield "{n} task{s} {were} handed out other than {they} {were} stored"
    if call.stage != "old" and any(_is_unread(record, call, one + task) for one in _lease_prefixes(call)):
        yield "{n} task{s} {were} handed out though a lease that cannot be read held {them}"


def _is_unread(record: Record, call: Call, key: str) -> bool:
    """Whether an unreadable lease was visible everywhere until the claim wrote its own over it.

    Such a lease holds for as long as its key is there.
    """
    begin, end = record.expectation.evidence(call)
    spans = record.expectation.during(key, begin, end)
    before = [span for span in spans if span.writer != call.name]
    unread = bool(before) and all(Lease.read(span.entry) is None for span in before)
    return unread and are_steady(spans, begin, end)


def _left_behind(record: Record, call: Call, given: str) -> Iterator[str]:
    """A lease that a claim wrote, for a task that it did not give."""
    failed = {event.key for event in record.operations[call.name] if event.error}
    keys = {one.key for one in record.versions.by(call.name) if one.verb == "put"}
    lease = OLD_LEASE if call.stage == "old" else NEW_LEASE
    for key in keys - failed - {lease + given}:
        spans = record.expectation.of(key) if key.startswith(lease) else ()
        if any(span.writer == call.name and span.end > call.answered for span in spans):
            yield "{n} claim{s} left a lease of a task that no worker was given"


def _renewed(record: Record, call: Call, task: str) -> Iterator[str]:
    body = call.body if isinstance(call.body, dict) else {}
    yield from _hold(record, call, task, body.get("extendSec"))
    lease = call.member("lease") or {}
    renewed = epoch_seconds(lease.get("renewedAt"))
    off = record.scenario.clock_spread / 1000
    if renewed is None or not call.sent / 1000 - off - 1 <= renewed <= call.answered / 1000 + off + 1:
        yield "{n} lease{s} {do} not say when {they} {were} renewed"
    if call.stage != "old":
        if _is_completed(record, call, task):
            yield "{n} lease{s} of completed tasks {were} renewed"
        what = "{n} lease{s} {were} renewed in the new format alone"
        yield from _deleted(record, call, OLD_LEASE + task, what)


def _is_completed(record: Record, call: Call, task: str) -> bool:
    """Whether a lease was written when a coordinator knew that its task was completed, as was answered."""
    put, path = put_last(record, call, NEW_LEASE + task), f"{RESULTS}{quote(task, safe='')}"
    if put is None or record.scenario.claims != "coordinator" or record.fired:
        return False
    return any(
        one.outcome == "ok" and one.stage != "old" and one.answered < put.at
        for one in record.to("POST", path)
    )


def _given_back(record: Record, call: Call, task: str) -> Iterator[str]:
    if call.member("message") is not None:
        return
    for prefix in (OLD_LEASE, NEW_LEASE):
        yield from _deleted(
            record, call, prefix + task, "{n} task{s} {were} given back, and {their} lease{s} stayed"
        )


def _completed(record: Record, call: Call, task: str) -> Iterator[str]:
    put = put_last(record, call, RESULT + task)
    if put is None or put.entry is None:
        yield "{n} result{s} {were} accepted and not stored"
        return
    if parsed(put.entry) != call.body:
        yield "{n} result{s} {were} stored other than {they} {were} sent"
    if not lives(put, HOUR, record):
        yield "{n} result{s} {were} kept for another time than an hour"
    for prefix in (OLD_TASK, NEW_TASK):
        yield from _deleted(
            record, call, prefix + task, "{n} task{s} {were} completed, and stayed in the queue"
        )
    for prefix in () if call.stage == "old" else (OLD_LEASE, NEW_LEASE):
        yield from _deleted(record, call, prefix + task, "{n} completed task{s} {were} still leased")


def _deleted(record: Record, call: Call, key: str, what: str) -> Iterator[str]:
    """``what`` if a request left a key alone that was there when it came, and that the format looks at."""
    if not key.startswith((*_prefixes(call), *_lease_prefixes(call))):
        return
    gone = any(one.verb == "delete" and one.key == key for one in record.versions.by(call.name))
    if not gone and record.expectation.was_steady(key, *record.expectation.evidence(call)):
        yield what


def _marked(record: Record, call: Call, task: str) -> Iterator[str]:
    """A status: every entry of the task is written with it, and nothing else of it changes."""
    asked = call.body.get("status") if isinstance(call.body, dict) else None
    begin, end = record.expectation.evidence(call)
    written = 0
    for prefix in _prefixes(call):
        before = [
            one for one in record.expectation.during(prefix + task, begin, end) if one.writer != call.name
        ]
        put = put_last(record, call, prefix + task)
        if put is None or put.entry is None:
            if are_steady(before, begin, end) and all(_is_object(span.entry) for span in before):
                yield "{n} status update{s} left out one of the two formats"
            continue
        written += 1
        body = parsed(put.entry)
        if not isinstance(body, dict) or body.get("status") != asked:
            yield "{n} status update{s} wrote another status"
            continue
        either = [one for one in _bodies(record, call, task) if one.writer != call.name]
        if not any(_differs_in_status_alone(span.entry, body) for span in either):
            yield "{n} status update{s} changed more than the status"
        changed = epoch_seconds(body.get("updatedAt"))
        off = record.scenario.clock_spread / 1000
        if changed is None or not call.sent / 1000 - off - 1 <= changed <= call.answered / 1000 + off + 1:
            yield "{n} status update{s} {do} not say when {they} {were} made"
        if call.stage == "old":
            continue  # it writes the task as a new one
        if before and all(span.entry.metadata != put.entry.metadata for span in before):
            yield "{n} status update{s} changed the metadata"
        if before and _ends_before(record, put, before):
            yield "{n} status update{s} took time from the task"
    if not written:
        yield "{n} status update{s} {were} answered as made, and nothing {were} written"


def _ends_before(record: Record, put: Event, before: list[Span]) -> bool:
    """Whether what was put ends before all that was there, and before a minute is over."""
    assert put.entry is not None
    if put.entry.expiration is None:
        return False
    due = 1000 * put.entry.expiration
    others = [
        span.due
        for prefix in (OLD_TASK, NEW_TASK)
        for span in record.expectation.of(prefix + before[0].key.partition(":task:")[2])
        if span.begin <= put.at
    ]
    # A copy that no listing shows yet ends with its original; one that is too young for any, in an hour; and
    # what has hardly more than a minute gets the minute that KV gives at least.
    due_all = [*(span.due for span in before), *others]
    least = min([*due_all, put.at + 1000 * HOUR - 30_000])
    least = least if least - put.at > _LAST_MS else min(least, put.at + 1000 * _LEAST_TTL)
    return due < least - 1000 * ROUNDING


def _differs_in_status_alone(entry: Entry, body: dict[str, Any]) -> bool:
    before = parsed(entry)
    if not isinstance(before, dict):
        return False
    changed = {"status", "updatedAt"}
    return {k: v for k, v in before.items() if k not in changed} == {
        k: v for k, v in body.items() if k not in changed
    }


def _is_object(entry: Entry) -> bool:
    return isinstance(parsed(entry), dict)


def _prefixes(call: Call) -> tuple[str, ...]:
    """Where a format looks for tasks."""
    return {"old": (OLD_TASK,), "new": (NEW_TASK,)}.get(call.stage, (OLD_TASK, NEW_TASK))


def _lease_prefixes(call: Call) -> tuple[str, ...]:
    return {"old": (OLD_LEASE,), "new": (NEW_LEASE,)}.get(call.stage, (OLD_LEASE, NEW_LEASE))


def _bodies(record: Record, call: Call, task: str) -> list[Span]:
    begin, end = record.expectation.evidence(call)
    return [
        span for prefix in _prefixes(call) for span in record.expectation.during(prefix + task, begin, end)
    ]


def _same(entry: Entry, said: Any) -> bool:
    return plain(parsed(entry)) == plain(said)


def _listed(record: Record, call: Call) -> Iterator[str]:
    shown = call.member("pending")
    if call.stage == "old" and not isinstance(shown, list):
        return  # the original shows the list as it is, and counts what has no length as nothing
    if shown is None or call.member("count") != len(shown):
        yield "{n} listing{s} {do} not count what {they} show{es}"
    elif len({str(task) for task in shown}) != len(shown) and not _is_listed_twice(record, call):
        yield "{n} listing{s} show{es} a task twice"


def _is_listed_twice(record: Record, call: Call) -> bool:
    """Whether the old Worker may show a task twice: a pending list that it can have read names one so."""
    lists = record.expectation.lists_during(*record.expectation.evidence(call))
    return call.stage == "old" and any(len({*ids}) != len(ids) for ids in lists)


def _read(record: Record, call: Call, task: str) -> Iterator[str]:
    if not any(_same(span.entry, call.answer) for span in _bodies(record, call, task)):
        yield "{n} task{s} {were} shown other than {they} {were} stored"


def _result_read(record: Record, call: Call, task: str) -> Iterator[str]:
    spans = record.expectation.during(RESULT + task, *record.expectation.evidence(call))
    if not any(_same(span.entry, call.answer) for span in spans):
        yield "{n} result{s} {were} shown other than {they} {were} stored"
