"""I9 Lease continuity: a task that somebody holds stays held, by the same worker, until the same time."""

from typing import Any

from harness import Call
from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.checkers.exclusion import Hold, first_leases, holds
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import DELETE, ROLLBACK, RUN, Span, task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import Lease, epoch_seconds, parsed
from harness.model.verdict import Verdict, verdict
from kvstore import Event
from kvstore.conditions import COLOS

# Seconds of KV and milliseconds of a lease round differently.
_ROUNDING_MS = 1000
# Worker and nonce, and their leases in order of time.
_Holder = tuple[str, str]
_Held = list[tuple[Span, Lease]]

_CAUSES = {
    "deleted": "{n} held task{s} lost {their} lease to the migration",
    "copied": "{n} lease{s} {were} overwritten by the migration with another",
    "shorter": "{n} lease{s} end{es} before {their} time: the copy has a shorter life",
    "claimed": "{n} lease{s} {were} overwritten by another claim",
    "failed": "{n} lease{s} {were} deleted by another claim that failed",
    "renewed": "{n} lease{s} {were} overwritten by another worker's renewal",
    "other": "{n} lease{s} {were} given back by somebody else",
}


def lease_continuity(record: Record) -> Verdict:
    broken: dict[str, list[str]] = {cause: [] for cause in _CAUSES}
    granted = {call.member("lease", "claimNonce") for call in record.to("POST", "/api/queue/claim")}
    released: dict[str, list[Call]] = {}
    for call in record.to("POST", "/api/queue/*"):
        if call.path.endswith("/release") and call.outcome != "fail":
            released.setdefault(task_of(call) or "", []).append(call)
    contested, looked = _contested(record), 0
    for task in record.expectation.stories:
        rivals = contested.get(task, set())
        for holder, spans in _holds(record, task).items():
            looked += 1
            if spans[0][0].writer and holder[1] not in granted:
                continue
            if not spans[0][0].writer and holder != _first_holder(record, task):
                continue  # of two leases that are there when it begins, the one that lasts longer counts
            last = _break(record, task, spans, released.get(task, []))
            if last is None or (holder in rivals and _is_for(record, rivals - {holder}, task, last.ended_by)):
                continue
            cause = _cause(record, last)
            if cause:
                broken[cause].append(task)
    late, never = _uncovered(record)
    return verdict(
        "I9",
        "Lease continuity: a held task stays held, and was never offered in between",
        [
            *(
                timeline.finding(record, what, dict.fromkeys(broken[cause]))
                for cause, what in _CAUSES.items()
            ),
            timeline.finding(
                record,
                "{n} held task{s} could be claimed during the run: the task was copied before its lease",
                late,
                "H35",
            ),
            timeline.finding(
                record,
                "{n} held task{s} could be claimed: the task was copied, and its lease never was",
                never,
            ),
        ],
        looked=looked,
        at="leases",
    )


def _contested(record: Record) -> dict[str, set[_Holder]]:
    """By task, who held it at once since the old Worker gave it to one of them: nobody answers for it."""
    last: dict[str, Hold] = {}
    contested: dict[str, set[_Holder]] = {}
    for hold in holds(record):
        before = last.get(hold.task)
        old = hold.claim is not None and not answers_for(record, hold.claim)
        if before is not None and hold.begin < before.end and old:
            contested.setdefault(hold.task, set()).update((_holder(record, before), _holder(record, hold)))
        if before is None or hold.end > before.end:
            last[hold.task] = hold
    return contested


def _holder(record: Record, hold: Hold) -> _Holder:
    if hold.claim is not None:
        return hold.worker, str(hold.claim.member("lease", "claimNonce"))
    return _first_holder(record, hold.task) or (hold.worker, "None")


def _first_holder(record: Record, task: str) -> _Holder | None:
    """Who holds a task when it begins."""
    lease = first_leases(record).get(task)
    return None if lease is None else _holder_in(lease)


def _is_for(record: Record, rivals: set[_Holder], task: str, event: Event | None) -> bool:
    """Whether a lease was broken off for a rival's: who gave it back, or holds the task right afterwards."""
    if event is None:
        return False
    call = record.expectation.calls.get(event.invocation)
    if (
        call is not None
        and call.path.endswith("/release")
        and _giver(call) in [worker for worker, _ in rivals]
    ):
        return True
    for prefix in (OLD_LEASE, NEW_LEASE):
        span = record.expectation.before(prefix + task, event.index + 1, event.at)
        lease = None if span is None else Lease.read(span.entry)
        if (
            span is not None
            and lease is not None
            and _holder_in(lease) in rivals
            and _ends(span, lease) > event.at
        ):
            return True
    return False


def _holder_in(lease: Lease) -> _Holder:
    return str(lease.worker), str(lease.nonce)


def _holds(record: Record, task: str) -> dict[_Holder, _Held]:
    """The leases of a task, of either format, by worker and nonce."""
    found: dict[_Holder, _Held] = {}
    for span in record.expectation.stored(task, OLD_LEASE, NEW_LEASE):
        lease = Lease.read(span.entry)
        if lease is not None:
            found.setdefault(_holder_in(lease), []).append((span, lease))
    return found


def _break(record: Record, task: str, spans: _Held, released: list[Call]) -> Span | None:
    """The last lease of a hold that was broken off before its time; None if it was not.

    A hold lasts until the end that its holder was told last, even if a key or a copy ends before, or the
    simulation does. Who gives a task back says in whose name; without a name anybody may.
    """
    promised = [(span, lease) for span, lease in spans if not span.from_operator]
    if not promised:
        return None
    # Of two that are there when it begins, the one that lasts longer was promised last.
    promised.sort(key=lambda one: (one[0].begin, _ends(*one)))
    worker, begin = promised[0][1].worker, promised[0][0].begin
    ends = {lease.expires_at: _promised_end(record, span, lease) for span, lease in promised}
    given_back = [call.sent for call in released if _giver(call) in (worker, None) and call.sent >= begin]
    completed = record.expectation.stories[task].completed
    until = min(ends[promised[-1][1].expires_at], completed, *given_back)
    held, owed, last = float(begin), float(begin), promised[0][0]
    for span, lease in sorted(spans, key=lambda one: (one[0].begin, _ends(*one))):
        if span.begin > held:
            if held < owed:
                break
            held = span.begin  # renewed when it had run out: held anew
        end = ends.get(lease.expires_at, _ends(span, lease))
        if min(span.end, end) > held:
            held, last = min(span.end, end), span
        owed = owed if span.from_operator else end
    return last if held < until else None


def _promised_end(record: Record, span: Span, lease: Lease) -> float:
    """When a lease ends at the earliest, by what its holder was told.

    What counts is how long it lasts by its own account, from when it was asked for: the clock that it was
    written by may be wrong. Without an account it ends when its key does.
    """
    body, call = parsed(span.entry), record.expectation.calls.get(span.writer)
    since = epoch_seconds(body.get("renewedAt") or body.get("claimedAt"))
    until = epoch_seconds(lease.expires_at)
    if until is None:
        return span.due
    end = 1000 * until if call is None or since is None else call.sent + 1000 * (until - since)
    return end - _ROUNDING_MS


def _giver(call: Call) -> Any:
    """In whose name a release was sent."""
    return (call.body.get("workerId") or None) if isinstance(call.body, dict) else None


def _ends(span: Span, lease: Lease) -> float:
    """When a lease ends by what it says, and by its key's expiration."""
    return span.due if lease.until is None else lease.until * 1000


def _cause(record: Record, span: Span) -> str | None:
    event = span.ended_by
    if event is None:
        task = span.key.removeprefix(OLD_LEASE).removeprefix(NEW_LEASE)
        # Where the lease that lasted longer was deleted on purpose, its copy may end before it.
        return None if record.expectation.deleted_on_purpose(NEW_LEASE + task) else "shorter"
    call = record.expectation.calls.get(event.invocation)
    if not answers_for(record, call):
        return None
    path = "" if call is None else call.path
    if path == DELETE:
        return None  # given up with its task
    if record.scenario.claims == "kv" and call is not None and not _could_be_seen(record, span, call):
        return None  # on plain KV nobody can know of a lease that is younger than the request
    if path in (RUN, ROLLBACK):
        return "copied" if event.verb == "put" else "deleted"
    if path == "/api/queue/claim":
        return "claimed" if event.verb == "put" else "failed"
    return "renewed" if path.endswith("/renew") else "other"


def _could_be_seen(record: Record, span: Span, call: Call) -> bool:
    ahead = record.scenario.skew * COLOS.index(call.colo)
    lease = Lease.read(span.entry)
    ends = span.due if lease is None else _ends(span, lease)
    return span.begin <= record.expectation.evidence(call)[0] and ends > call.answered + ahead


def _uncovered(record: Record) -> tuple[list[str], list[str]]:
    """Held tasks that a run put into the new format while only the old one had their lease.

    Those whose lease came later, and those whose lease never did.
    """
    expectation = record.expectation
    late: dict[str, None] = {}
    never: dict[str, None] = {}
    for span, _ in expectation.put_by(RUN, NEW_TASK):
        task = span.key.removeprefix(NEW_TASK)
        old = expectation.before(OLD_LEASE + task, span.first, span.begin)
        new = expectation.before(NEW_LEASE + task, span.first, span.begin)
        story = expectation.stories.get(task)
        if story is None or not story.is_live(span.begin):
            continue
        lease = None if old is None else Lease.read(old.entry)
        held = old is not None and lease is not None and _ends(old, lease) > span.begin
        if held and (new is None or not _blocks(new, span.begin)):
            followed = any(one.from_operator for one in expectation.of(NEW_LEASE + task))
            (late if followed else never)[task] = None
    return list(late), list(never)


def _blocks(span: Span, at: int) -> bool:
    """Whether a lease keeps others from its task; one that cannot be read does."""
    lease = Lease.read(span.entry)
    return lease is None or _ends(span, lease) > at
