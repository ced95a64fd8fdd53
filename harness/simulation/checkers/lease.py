"""I9 Lease continuity: a task that somebody holds stays held, by the same worker, until the same time."""

from collections.abc import Iterator

from harness.layout import NEW_LEASE, NEW_TASK, OLD_LEASE
from harness.queue_state import Lease
from harness.simulation import moments
from harness.simulation.checkers.exclusion import Hold, holds
from harness.simulation.checkers.scope import answers_for
from harness.simulation.record import Call, Record
from harness.simulation.truth import ROLLBACK, RUN, Span, task_of
from harness.verdict import Verdict, verdict

# Seconds of KV and milliseconds of a lease round differently.
_ROUNDING_MS = 1000
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
        if call.path.endswith("/release"):
            released.setdefault(task_of(call) or "", []).append(call)
    contested = _contested(record)
    for task in record.truth.stories:
        for holder, spans in _holds(record, task).items():
            if (spans[0][0].writer and holder[1] not in granted) or (task, holder[0]) in contested:
                continue
            cause = _break(record, task, spans, released.get(task, []))
            if cause:
                broken[cause].append(task)
    return verdict(
        "I9",
        "Lease continuity: a held task stays held, and was never offered in between",
        [
            *(moments.finding(record, what, dict.fromkeys(broken[cause])) for cause, what in _CAUSES.items()),
            moments.finding(
                record,
                "{n} held task{s} could be claimed during the run: the task was copied before its lease",
                dict.fromkeys(_uncovered(record)),
                "H35",
            ),
        ],
    )


def _contested(record: Record) -> set[tuple[str, str]]:
    """The tasks and holders that nobody answers for: the old Worker alone gave a task to two at once."""
    last: dict[str, Hold] = {}
    contested: set[tuple[str, str]] = set()
    for hold in holds(record):
        before = last.get(hold.task)
        if hold.claim is not None and answers_for(record, hold.claim):
            continue
        if before is not None and hold.begin < before.end:
            contested |= {(hold.task, before.worker), (hold.task, hold.worker)}
        if before is None or hold.end > before.end:
            last[hold.task] = hold
    return contested


def _holds(record: Record, task: str) -> dict[tuple[str, str], _Held]:
    """The leases of a task, of either format, by worker and nonce."""
    found: dict[tuple[str, str], _Held] = {}
    for span in record.truth.stored(task, OLD_LEASE, NEW_LEASE):
        lease = Lease.read(span.entry)
        if lease is not None:
            found.setdefault((str(lease.worker), str(lease.nonce)), []).append((span, lease))
    return found


def _break(record: Record, task: str, spans: _Held, released: list[Call]) -> str | None:
    """What broke a hold off before its time; None if nothing did."""
    promised = [(span, lease) for span, lease in spans if not span.from_operator]
    if not promised:
        return None
    worker, begin = promised[0][1].worker, promised[0][0].begin
    given_back = [call.sent for call in released if call.actor == worker and call.sent >= begin]
    completed = record.truth.stories[task].completed
    until = min(_ends(*promised[-1]), completed, record.ended, *given_back)
    held, last = float(begin), promised[0][0]
    for span, lease in sorted(spans, key=lambda one: one[0].begin):
        if span.begin > held:
            break
        if _ends(span, lease) > held:
            held, last = min(span.end, _ends(span, lease)), span
    return _cause(record, last) if held < until - _ROUNDING_MS else None


def _ends(span: Span, lease: Lease) -> float:
    """When a lease ends by what it says, and by its key's expiration."""
    return span.due if lease.until is None else lease.until * 1000


def _cause(record: Record, span: Span) -> str | None:
    event = span.ended_by
    if event is None:
        return "shorter"
    call = record.truth.calls.get(event.invocation)
    if not answers_for(record, call):
        return None
    path = "" if call is None else call.path
    if path in (RUN, ROLLBACK):
        return "copied" if event.verb == "put" else "deleted"
    if path == "/api/queue/claim":
        return "claimed" if event.verb == "put" else "failed"
    return "renewed" if path.endswith("/renew") else "other"


def _uncovered(record: Record) -> Iterator[str]:
    """Held tasks that a run put into the new format while only the old one had their lease."""
    truth = record.truth
    for span, _ in truth.put_by(RUN, NEW_TASK):
        task = span.key.removeprefix(NEW_TASK)
        old = truth.before(OLD_LEASE + task, span.first, span.begin)
        new = truth.before(NEW_LEASE + task, span.first, span.begin)
        story = truth.stories.get(task)
        lease = (
            None if old is None or story is None or not story.is_live(span.begin) else Lease.read(old.entry)
        )
        if old is not None and lease is not None and _ends(old, lease) > span.begin and new is None:
            yield task
