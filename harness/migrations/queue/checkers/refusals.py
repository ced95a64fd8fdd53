"""Part of I13: whether Workers of a safe migration had a reason to refuse, fail or delay a request."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from harness import WAY_MS, Call
from harness.migrations.queue.checkers.freedom import has_ended
from harness.migrations.queue.checkers.limiter import LIMITER, limited
from harness.migrations.queue.layout import LEASES, OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.simulation.expectation import RESULTS, task_of, within
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import parsed

# The longest that a KV operation (`world/network.py`) and a call of the coordinator take in simulations.
_OPERATION_MS: Final = 3_000
_CALL_MS: Final = 2 * WAY_MS[1]
# Between two KV operations a request that is alone waits for the second of them, before that until 1.1 s have
# passed since the last write of its key, and for some twenty calls of the coordinator. Where others are under
# way it also waits for its turn: it asks the coordinator up to a hundred times, every 250 ms.
_ALONE_MS: Final = _OPERATION_MS + 1_100 + 20 * _CALL_MS
_IDLE_MS: Final = _ALONE_MS + 100 * (250 + _CALL_MS)
# An ordinary id; the guide does not say how requests with other ids are answered.
_USUAL: Final = re.compile(r"[\w.-]{1,100}")
# The status of a request without a valid API key.
_UNAUTHORIZED: Final = 401
# Seconds that KV keeps anything, at least.
_LEAST_TTL: Final = 60


def refusals(record: Record, call: Call) -> Iterator[str]:
    """What is wrong with the answer of a request that was refused, failed or delayed."""
    if (
        call.status is not None
        and call.status >= 500
        and not (_failed(record, call) or _may_fail(record, call))
    ):
        yield "{n} request{s} {were} answered with an error though nothing had failed"
    if (call.status or 0) >= 400 and isinstance(call.answer, dict) and _is_unexplained(call.answer):
        yield "{n} refusal{s} {do} not say why in words"
    if (call.status or 0) > 500 and isinstance(call.answer, dict):
        yield "{n} request{s} that failed {were} answered with another status than the guide's"
    if call.path.startswith("/webhook/") and call.status == 200 and not call.member("eventId"):
        yield "{n} message{s} {were} answered as if {they} {were} none"
    if call.path.endswith("/release") and call.status == 403 and _was_never_held(record, call):
        yield "{n} task{s} that nobody held {were} not given back, as not held"
    has_own_error = call.path.startswith(("/webhook/", "/api/migrate/"))
    if call.status == 500 and has_own_error and not isinstance(call.answer, dict):
        yield "{n} request{s} that failed {were} answered by the platform, not by the Worker"
    if _idles(record, call):
        yield "{n} request{s} {were} answered long after everything was done for {them}"
    yield from limited(record, call)
    if call.status != 429 and 400 <= (call.status or 0) < 500 and call.status != _refusal(call):
        yield "{n} request{s} {were} refused with another status than the guide's"


def _refusal(call: Call) -> int | None:
    """The status that refuses a request for a task that is missing, or held by another; None for none.

    Clients send valid requests with a valid API key. Only ids that cannot be keys may be refused in another
    way, but not as a request without an API key.
    """
    if call.path.startswith("/webhook/"):
        return None
    path = call.path.removeprefix("/api/queue/").removeprefix(RESULTS)
    if call.path.startswith("/api/migrate") or not _USUAL.fullmatch(path.partition("/")[0]):
        return None if call.status == _UNAUTHORIZED else call.status
    if path.endswith(("/renew", "/release")):
        return 403
    return 404 if path.endswith("/status") or call.method == "GET" else None


def _is_unexplained(answer: dict[str, Any]) -> bool:
    """Whether an answer has neither an error nor a message that is a text."""
    return not any(answer.get(name) and isinstance(answer[name], str) for name in ("error", "message"))


def _was_never_held(record: Record, call: Call) -> bool:
    """Whether a task that was to be given back had no lease, and no coordinator could know of one."""
    task, (begin, end) = task_of(call), record.expectation.evidence(call)
    if task is None:
        return False
    leases = [span for one in LEASES for span in record.expectation.during(one + task, begin, end)]
    known = bool(leases) or record.scenario.claims == "kv"
    return known and all(has_ended(record, task, span, call) for span in leases)


def _may_fail(record: Record, call: Call) -> bool:
    """Whether a request to the original's Worker may end with an error though KV does what it is asked for.

    It does where the pending list is not an array of ids, where a task or a lease is not an object or begins
    with a byte order mark, which a read of one value keeps, and where a lease is to be shorter than KV keeps
    anything. A message or a result needs the list alone.
    """
    if call.stage != "old":
        return False
    expectation, (begin, end) = record.expectation, record.expectation.evidence(call)
    lists = [parsed(one.entry) for one in expectation.during(PENDING, begin, end)]
    if not all(isinstance(one, list) and all(isinstance(id, str) for id in one) for one in lists):
        return True
    if call.path.startswith(("/webhook/", RESULTS)):
        return False
    body = call.body if isinstance(call.body, dict) else {}
    if any(body.get(name, _LEAST_TTL) < _LEAST_TTL for name in ("leaseDurationSec", "extendSec")):
        return True
    return not all(
        isinstance(parsed(span.entry), dict) and not span.entry.value.startswith(BOM_UTF8)
        for prefix in (OLD_TASK, OLD_LEASE)
        for _, spans in expectation.under(prefix)
        for span in within(spans, begin, end)
    )


def _failed(record: Record, call: Call) -> bool:
    return any(event.error and not event.key.startswith(LIMITER) for event in record.operations[call.name])


def _idles(record: Record, call: Call) -> bool:
    """Whether a request asked nothing of KV for longer than any turn takes, between operations or at the end.

    A fault may take the time, and so may waiting for others where requests are sent at once.
    """
    if record.fired or record.scenario.at_once or call.answered - call.sent < _ALONE_MS:
        return False
    alone = not any(
        one is not call and one.sent <= call.answered and call.sent <= one.answered for one in record.calls
    )
    longest = _ALONE_MS if alone else _IDLE_MS
    moments = [call.sent, *sorted(event.at for event in record.operations[call.name]), call.answered]
    return any(later - earlier > longest for earlier, later in pairwise(moments))
