"""Whether a task was there, and free, at every moment that a claim can have seen."""

from urllib.parse import quote

from harness import Call
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.simulation.expectation import LONGEST_ID, Span, is_work
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import Lease

_ROUNDING_MS = 1000


def claims_before(record: Record, call: Call) -> list[Call]:
    """The claims until ``call`` was answered that may have reached a coordinator."""
    claims = record.to("POST", "/api/queue/claim")
    return [one for one in claims if one.stage != "old" and one.sent <= call.answered]


def is_free(record: Record, task: str, call: Call) -> bool:
    """Whether a claim could have had ``task`` at every moment that it can have seen."""
    expectation, (begin, end) = record.expectation, record.expectation.evidence(call)
    if not is_visible(record, task, call) or len(task.encode()) > LONGEST_ID:
        return False
    if _is_given_away(record, task, call) or _was_deleted(record, task, call):
        return False
    # The key of a lease ends with a whole second, and for a coordinator the lease lasts a little longer.
    since = begin - _ROUNDING_MS if record.scenario.claims == "coordinator" else begin
    leases = [
        span for prefix in (OLD_LEASE, NEW_LEASE) for span in expectation.during(prefix + task, since, end)
    ]
    if not all(has_ended(record, task, span, call) for span in leases):
        return False
    bodies = [
        span for prefix in (OLD_TASK, NEW_TASK) for span in expectation.during(prefix + task, begin, end)
    ]
    return all(is_work(span.entry) for span in bodies)


def _is_given_away(record: Record, task: str, call: Call) -> bool:
    """Whether a coordinator may have given ``task`` to another claim, without a lease that KV would show.

    The other was on its way too, be it that KV refused its lease and it gave the task back. Or it was cut off
    on its way back: what that one was given is unknown. A renewal that was cut off holds it, too.
    """
    if record.scenario.claims != "coordinator":
        return False
    renewals = record.to("POST", f"/api/queue/{quote(task, safe='')}/renew")
    if any(
        one.outcome == "info" and call.sent < one.answered + 1000 * one.body["extendSec"] for one in renewals
    ):
        return True
    return any(
        call.sent < one.answered + 1000 * one.body["leaseDurationSec"]
        if one.outcome == "info"
        else call.sent <= one.answered and (one.member("taskId") == task or _leased(record, task, one))
        for one in claims_before(record, call)
        if one is not call
    )


def _was_deleted(record: Record, task: str, call: Call) -> bool:
    """Whether a lease was deleted on purpose that a coordinator still knows of."""
    if record.scenario.claims != "coordinator":
        return False
    return any(span.due > call.sent for span in record.expectation.deleted_on_purpose(NEW_LEASE + task))


def _leased(record: Record, task: str, claim: Call) -> bool:
    """Whether a claim put a lease of ``task``, whatever became of that."""
    lease = NEW_LEASE + task
    return any(one.verb == "put" and one.key == lease for one in record.operations.get(claim.name, ()))


def has_ended(record: Record, task: str, lease: Span, call: Call) -> bool:
    """Whether a lease, whose key is there, was over by its own account and everybody's clock.

    The format for both looks at that, and so does a coordinator, unless it knows of another grant.
    """
    said = Lease.read(lease.entry)
    if call.stage != "dual" or said is None or said.until is None:
        return False
    begin, _ = record.expectation.evidence(call)
    over = said.until * 1000 + record.scenario.clock_spread < begin
    return over and (record.scenario.claims == "kv" or not _is_granted(record, task, lease, call))


def _is_granted(record: Record, task: str, lease: Span, call: Call) -> bool:
    """Whether a request that KV may not show in ``lease`` was given ``task``, or more time for it."""
    begin, _ = record.expectation.evidence(call)
    renewals = record.to("POST", f"/api/queue/{quote(task, safe='')}/renew")
    claims = [one for one in claims_before(record, call) if one.member("taskId") in (None, task)]
    asked = [(one, one.body["extendSec"]) for one in renewals]
    asked += [(one, one.body["leaseDurationSec"]) for one in claims]
    return any(
        one is not call and one.name != lease.writer and begin <= one.answered + 1000 * seconds
        for one, seconds in asked
        if one.status not in (403, 429) and not (one.status == 200 and one.member("success") is False)
    )


def is_visible(record: Record, task: str, call: Call) -> bool:
    """Whether ``task`` was live and stored all the time, where the format looks or where it should have been.

    An old task that the pending list does not name is visible to the format for both alone. The old Worker
    of a safe migration looks for no other.
    """
    expectation, (begin, end) = record.expectation, record.expectation.evidence(call)
    story = expectation.stories.get(task)
    if story is None or not story.is_live_during(begin, end) or len(story.enqueued) > 1:
        return False
    only_old = call.stage == "old" and record.scenario.migration == "safe"
    if call.stage == "dual" or (not only_old and expectation.was_steady(NEW_TASK + task, begin, end)):
        return expectation.was_steady((OLD_TASK + task, NEW_TASK + task), begin, end)
    listed = expectation.was_steady(PENDING, begin, end) and all(
        task in ids for ids in expectation.lists_during(begin, end)
    )
    return listed and expectation.was_steady(OLD_TASK + task, begin, end)
