"""What becomes of a message: the task and the event that it is stored as. Part of I13, as `effects` is."""

import json
from collections.abc import Iterator
from typing import Any, Final

from harness import Call
from harness.migrations.queue.checkers.written import lives, plain, put_last
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import epoch_seconds, parsed

HOUR: Final = 3600
EVENT: Final = "event:"
# Members that a task takes over from its event, and members of every task that are texts.
_TAKEN_OVER: Final = {"id", "source", "content", "metadata"}
_TEXTS: Final = ("type", "source", "priority")


def accepted(record: Record, call: Call, task: str) -> Iterator[str]:
    """What is wrong with the task and the event that an accepted message became."""
    if call.member("eventId") is None:
        return
    put = put_last(record, call, (OLD_TASK if call.stage == "old" else NEW_TASK) + task)
    if put is None or put.entry is None:
        yield "{n} task{s} {were} accepted and not stored"
        return
    body, sent = parsed(put.entry), json.dumps(call.body, ensure_ascii=False)
    if not isinstance(body, dict) or body.get("id") != task or body.get("status") != "pending":
        yield "{n} task{s} {were} stored other than accepted"
    elif not all(isinstance(body.get(name), str) and body[name] for name in _TEXTS):
        yield "{n} task{s} {were} stored without a type, a source or a priority"
    elif str(body.get("content")) not in sent:
        yield "{n} task{s} {were} stored with another content than was sent"
    elif not _is_like_event(record, call, task, body):
        yield "{n} task{s} {were} stored without what {their} event{s} say{es}"
    if task.partition("_")[2] not in sent:
        yield "{n} task{s} {were} not named after {their} message{s}: one that is sent again is another task"
    if not lives(put, HOUR, record):
        yield "{n} new task{s} {were} kept for another time than an hour"
    if put.entry.metadata is not None:
        yield "{n} new task{s} {were} given metadata"
    ready = epoch_seconds(call.raw("estimatedCompletion"))
    if ready is not None and ready <= call.sent / 1000 - record.scenario.clock_spread / 1000:
        yield "{n} task{s} {were} said to be ready before {they} {were} sent"
    yield from _kept_event(record, call, task)


def _is_like_event(record: Record, call: Call, task: str, body: dict[str, Any]) -> bool:
    """Whether a task has the members that it takes over from its event, with the same values."""
    put = put_last(record, call, EVENT + task)
    event = parsed(put.entry) if put is not None and put.entry is not None else None
    known = event if isinstance(event, dict) else {}
    return all(plain(body.get(name)) == plain(known[name]) for name in _TAKEN_OVER & known.keys())


def _kept_event(record: Record, call: Call, task: str) -> Iterator[str]:
    """The event that a message became is kept for an hour: who sent it, of what type, and what it says."""
    put = put_last(record, call, EVENT + task)
    if put is None or put.entry is None:
        yield "{n} event{s} of accepted tasks {were} not kept"
        return
    event, sent = parsed(put.entry), json.dumps(call.body, ensure_ascii=False)
    named = isinstance(event, dict) and event.get("id") == task and event.get("source") and event.get("type")
    if not named or str(event.get("content")) not in sent:
        yield "{n} event{s} of accepted tasks {were} kept without what a message has"
    if not lives(put, HOUR, record):
        yield "{n} event{s} of accepted tasks {were} kept for another time than an hour"
