"""I10 Mutual exclusion: no two workers hold a task at the same time.

Judged by what workers were told: a hold begins with the answer of the claim and ends when the lease does by
the answer of the claim or of the last renewal, or when the worker releases the task or posts its result.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from harness import Call
from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.layout import NEW_LEASE, OLD_LEASE
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import task_of
from harness.migrations.queue.simulation.record import Record, kept
from harness.migrations.queue.state import Lease, epoch_seconds
from harness.model.verdict import Finding, Verdict, verdict
from kvstore.conditions import COLOS

# How two hold a task that cannot know of each other: in one location, or in two.
UNSEEN: Final = frozenset(("H21", "H22"))


@dataclass(slots=True)
class Hold:
    """``worker`` holds ``task`` from ``begin`` to ``end`` (ms).

    ``claim`` is what it began with, a late renewal as well; None for who held it before. It would have lasted
    until ``due`` (ms) if ``ended_by`` had not ended it.
    """

    task: str
    worker: str
    begin: float
    end: float
    claim: Call | None = None
    due: float = 0.0
    ended_by: Call | None = None


def mutual_exclusion(record: Record) -> Verdict:
    groups: dict[tuple[str, ...], list[tuple[Hold, Hold]]] = {}
    for first, second in _overlaps(record):
        groups.setdefault(_cause(record, first, second), []).append((first, second))
    return verdict(
        "I10",
        "Mutual exclusion: a task is held by one worker at a time",
        [_finding(record, cause, known, pairs) for (cause, *known), pairs in groups.items()],
        looked=len(holds(record)),
        at="held tasks",
    )


@kept
def holds(record: Record) -> list[Hold]:
    """Every hold that somebody was told of, in the order in which they began."""
    found = list(_holds_before(record))
    current = {(hold.task, hold.worker): hold for hold in found}
    # When each ends if it was granted as late as can be.
    latest = {name: hold.end for name, hold in current.items()}
    for call in record.calls:
        if call.method != "POST":
            continue
        if call.path == "/api/queue/claim":
            task = call.member("taskId")
            if call.outcome == "ok" and isinstance(task, str):
                lasts = _lasts(call, "claimedAt")
                hold = Hold(task, call.actor, call.answered, call.sent + lasts, call)
                current[task, call.actor], latest[task, call.actor] = hold, call.answered + lasts
                found.append(hold)
            continue
        held = current.get((task_of(call) or "", holder(call)))
        if held is None:
            continue
        if call.path.endswith("/renew"):
            if call.outcome == "ok":
                name, lasts = (held.task, held.worker), _lasts(call, "renewedAt")
                if call.sent <= latest[name]:
                    held.end = call.sent + lasts
                else:  # it had run out: a hold of its own
                    current[name] = Hold(*name, call.answered, call.sent + lasts, call)
                    found.append(current[name])
                latest[name] = call.answered + lasts
        elif not (call.path.endswith("/status") or (call.outcome == "fail" and "/release" in call.path)):
            _end(held, call)
    return sorted(found, key=lambda hold: hold.begin)


def _end(hold: Hold, call: Call) -> None:
    if call.sent < hold.end:
        hold.end, hold.due, hold.ended_by = call.sent, hold.end, call
    elif hold.ended_by is not None and call.sent < hold.ended_by.answered:
        hold.due = hold.end  # two at once: either of them may have been the one that ended it


def holder(call: Call) -> str:
    """In whose name a request about a task was sent."""
    said = call.body.get("workerId") if isinstance(call.body, dict) else None
    return str(said or call.actor)


def was_held(record: Record, hold: Hold, call: Call) -> bool:
    """Whether a hold lasted while ``call`` was answered, for all who can see, but for what the call did."""
    lasting = replace(hold, end=hold.due) if hold.ended_by is call else hold
    return is_visible_to_all(record, lasting, *record.expectation.evidence(call))


def is_visible_to_all(record: Record, hold: Hold, begin: int, end: int, but: str | None = None) -> bool:
    """Whether a hold lasts from ``begin`` to ``end``, and whoever looks meanwhile sees its lease.

    What the request called ``but`` wrote itself was not there before.
    """
    if hold.begin > begin or hold.end <= end:
        return False
    spans = [
        span
        for prefix in (OLD_LEASE, NEW_LEASE)
        for span in record.expectation.during(prefix + hold.task, begin, end)
    ]
    leases = [Lease.read(span.entry) for span in spans if span.writer != but]
    mine = all(lease is not None and lease.worker == hold.worker for lease in leases)
    return mine and record.expectation.was_steady((OLD_LEASE + hold.task, NEW_LEASE + hold.task), begin, end)


@kept
def first_leases(record: Record) -> dict[str, Lease]:
    """Who holds what when it begins: of two leases the one that lasts longer, as for whoever claims."""
    found: dict[str, Lease] = {}
    for leases in (record.start.new_leases, record.start.old_leases):
        for task, entry in leases.items():
            lease, other = Lease.read(entry), found.get(task)
            if lease is not None and (other is None or _until(lease) > _until(other)):
                found[task] = lease
    return found


def _until(lease: Lease) -> float:
    return math.inf if lease.until is None else lease.until


def _holds_before(record: Record) -> Iterator[Hold]:
    for task, lease in first_leases(record).items():
        story = record.expectation.stories.get(task)
        if story is not None:
            yield Hold(task, str(lease.worker), record.began, min(1000 * _until(lease), story.completed))


def _lasts(call: Call, since: str) -> float:
    """How long (ms) a lease lasts by its own account, whatever the clock that it was written by."""
    end = epoch_seconds(call.member("lease", "expiresAt"))
    begin = epoch_seconds(call.member("lease", since))
    return 1000 * (end - begin) if end is not None and begin is not None else 0.0


def _overlaps(record: Record) -> Iterator[tuple[Hold, Hold]]:
    """Two holds at once, unless code that is not judged gave the task away in between."""
    by_task: dict[str, list[Hold]] = {}
    for hold in holds(record):
        by_task.setdefault(hold.task, []).append(hold)
    for of_task in by_task.values():
        for (place, first), (later, second) in combinations(enumerate(of_task), 2):
            if first.worker == second.worker:
                continue  # who broke down, and comes back to its own task, is alone with it
            if second.begin < first.end - _clock(record, second) and answers_for(record, second.claim):
                taken = any(not answers_for(record, one.claim) for one in of_task[place + 1 : later])
                if not taken and not _is_overwritten(record, first, second):
                    yield first, second


def _clock(record: Record, hold: Hold) -> int:
    """How far ahead (ms) the clock is by which a lease was found to be over; a coordinator has but one."""
    if record.scenario.claims == "coordinator" or record.scenario.migration == "documented" or not hold.claim:
        return 0
    return max(0, record.scenario.skew * COLOS.index(hold.claim.colo))


def _is_overwritten(record: Record, first: Hold, second: Hold) -> bool:
    """Whether code that is not judged put a lease over that of ``first``, by a claim without an answer."""
    writes = (*record.versions.to(OLD_LEASE + first.task), *record.versions.to(NEW_LEASE + first.task))
    return any(
        write.verb == "put" and _is_lost_claim(record, first, record.expectation.calls.get(write.invocation))
        for write in writes
        if first.begin < write.at < second.begin
    )


def _is_lost_claim(record: Record, hold: Hold, call: Call | None) -> bool:
    """Whether a request is another worker's claim that nobody answers for, and that got no answer."""
    if call is None or call.path != "/api/queue/claim" or call.outcome != "info":
        return False
    return call.actor != hold.worker and not answers_for(record, call)


def _cause(record: Record, first: Hold, second: Hold) -> tuple[str, ...]:
    """How it could be, and the hazard when that is certain."""
    assert second.claim is not None, "what was held before the beginning begins there"
    by = f", in the {second.claim.stage} format"
    if first.claim is None:
        return (f"one since before the migration{by}",)
    if is_visible_to_all(record, first, *record.expectation.evidence(second.claim)):
        return (f"the lease was older than anything is seen late{by}",)
    if first.claim.colo == second.claim.colo:
        return (f"two claims in one location{by}", "H21")
    return (f"two claims in two locations{by}", "H22")


def _finding(record: Record, cause: str, known: list[str], pairs: list[tuple[Hold, Hold]]) -> Finding | None:
    tasks = dict.fromkeys(first.task for first, _ in pairs)
    what = f"{{n}} task{{s}} {{were}} held by two at once: {cause}"
    return timeline.finding(record, what, tasks, *known)
