"""Part of I13: whether the limiter counts the requests of the queue, and turns away those that are too many.

A key may send sixty in any minute, and each sender of messages is counted alone. Without a coordinator the
count is kept in KV, where two requests at once may miss each other's; what each does with the count that it
read is judged. With one an object counts exactly.
"""

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from harness import Call
from harness.migrations.queue.checkers.written import ROUNDING
from harness.migrations.queue.simulation.expectation import RESULTS
from harness.migrations.queue.simulation.record import Record, kept
from harness.migrations.queue.state import epoch_seconds, parsed
from kvstore import Entry, Event

LIMITER: Final = "ratelimit:"
# The limiter's minute, and how many requests of one key it lets through in it.
_MINUTE_MS: Final = 60_000
_PER_MINUTE: Final = 60
_ANSWERED: Final = attrgetter("answered")
_QUEUE: Final = ("/api/queue", RESULTS)
_WEBHOOKS: Final = "/webhook/"


def limited(record: Record, call: Call) -> Iterator[str]:
    """What is wrong with how a request was counted, or turned away."""
    if call.status == 429:
        yield from _turned_away(record, call)
    elif call.path.startswith(_QUEUE) and call.status is not None:
        if (record.scenario.claims == "kv" or call.stage == "old") and _is_uncounted(record, call):
            yield "{n} request{s} {were} let through, and the limiter did not count {them}"
        if call.name in _too_many(record):
            yield "{n} request{s} {were} let through beyond what the limiter allows in a minute"
    elif call.path.startswith(_WEBHOOKS) and _counts_others(record, call):
        yield "{n} message{s} {were} counted by the limiter with those of another sender"


def _turned_away(record: Record, call: Call) -> Iterator[str]:
    """A request that the limiter refused: many came in the minute before, and it says when to come again."""
    wait, longest = call.raw("retryAfter"), (_MINUTE_MS + record.scenario.clock_spread) / 1000
    if not isinstance(wait, int | float) or not 1 <= wait <= longest:
        yield "{n} request{s} {were} turned away without saying when to come again"
    elif not _agree(record, call, wait):
        yield "{n} request{s} {were} turned away with a retryAfter and a resetAt that do not agree"
    if not call.path.startswith(_QUEUE):
        return
    since = call.sent - _MINUTE_MS - record.scenario.clock_spread
    others = [one for one in record.calls if one.path.startswith(_QUEUE)]
    if sum(since <= one.answered and one.sent <= call.answered for one in others) < _PER_MINUTE:
        yield "{n} request{s} {were} turned away though few had come"


def _agree(record: Record, call: Call, wait: float) -> bool:
    """Whether ``resetAt`` is ``wait`` seconds after the answer, as clocks and rounding allow."""
    reset, off = epoch_seconds(call.raw("resetAt")), record.scenario.clock_spread / 1000 + ROUNDING
    return reset is not None and call.sent / 1000 - off <= reset - wait <= call.answered / 1000 + off


def _is_uncounted(record: Record, call: Call) -> bool:
    """Whether it did not add itself to the count that it read, or that count was full."""
    every = record.operations[call.name]
    asked = [event for event in every if event.key.startswith(LIMITER)]
    if not every or any(event.error for event in asked):
        return False  # a request that cannot be counted may pass
    puts = [event for event in asked if event.verb == "put"]
    before = [moment for event in asked if event.verb == "get" for moment in _moments(event)]
    if not puts or all(event.verb != "get" for event in asked):
        return True
    counted, now = _moments(puts[-1]), puts[-1].at
    recent = [moment for moment in before if moment > now - _MINUTE_MS + record.scenario.clock_spread]
    return len(counted) <= len(recent) or len(counted) > _PER_MINUTE


def _counts_others(record: Record, call: Call) -> bool:
    """Whether a message was added to a count of more requests than its sender ever made to its channel."""
    puts = [
        event
        for event in record.operations[call.name]
        if event.verb == "put" and event.key.startswith(LIMITER) and event.key not in record.start.entries
    ]
    own = sum(
        one.actor == call.actor and one.path == call.path and one.sent <= call.answered
        for one in record.calls
    )
    return any(len(_moments(event)) > own for event in puts)


def _moments(event: Event) -> list[float]:
    entry: Entry | None = event.entry
    said = None if entry is None else parsed(entry)
    found = said.get("requests") if isinstance(said, dict) else None
    return [one for one in found if isinstance(one, int | float)] if isinstance(found, list) else []


@kept
def _too_many(record: Record) -> set[str]:
    """The requests that were let through when sixty others had been in the same minute, by an exact count."""
    if record.scenario.claims != "coordinator":
        return set()
    passed = sorted(
        (one for one in record.calls if _is_counted(one) and one.status not in (None, 429)),
        key=_ANSWERED,
    )
    found = set[str]()
    for at, last in enumerate(passed):
        since = last.answered - _MINUTE_MS
        minute = passed[bisect_right(passed, since, hi=at, key=_ANSWERED) : at + 1]
        if len(minute) > _PER_MINUTE and sum(one.sent > since for one in minute) > _PER_MINUTE:
            found.add(last.name)
    return found


def _is_counted(call: Call) -> bool:
    """Whether an object counts a request, if there is one: the old Worker knows none."""
    return call.stage != "old" and call.path.startswith(_QUEUE)
