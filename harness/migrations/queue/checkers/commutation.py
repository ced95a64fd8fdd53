"""I13 Commutation: whatever the migration does meanwhile, answers are those of one queue.

An answer may be as late as reads and listings are. So it is wrong only if it was wrong at every moment from
which it can be.
"""

from dataclasses import replace
from urllib.parse import unquote

from harness import Call
from harness.migrations.queue.checkers.effects import effects
from harness.migrations.queue.checkers.ending import answers_for, was_alone
from harness.migrations.queue.checkers.exclusion import Hold, holder, holds, is_visible_to_all, was_held
from harness.migrations.queue.checkers.freedom import claims_before, is_free, is_visible
from harness.migrations.queue.checkers.resurrection import is_too_late
from harness.migrations.queue.layout import NEW_TASK, OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import RESULTS, is_work, task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import epoch_seconds, parsed
from harness.model.verdict import Verdict, verdict

# CLAIMS_SETTLE, and what a claim takes to get to the coordinator.
_SETTLING_MS = 120_000

_QUEUE = ("/api/queue", RESULTS)
_TITLE = "Commutation: answers are those of one queue, whatever the migration does meanwhile"


def commutation(record: Record) -> Verdict:
    granted = holds(record)
    groups: dict[str, dict[str, None]] = {}
    asked = [one for one in record.calls if one.path.startswith(_QUEUE)]
    calls = [one for one in asked if answers_for(record, one) or was_alone(record, one)]
    for call in calls:
        for what, task in _wrong(record, call, granted):
            groups.setdefault(what, {})[task] = None
    for what, task in effects(record):
        groups.setdefault(what, {})[task] = None
    findings = [timeline.finding(record, what, tasks) for what, tasks in groups.items()]
    return verdict("I13", _TITLE, findings, looked=len(calls), at="answers of the queue")


def _wrong(record: Record, call: Call, granted: list[Hold]) -> list[tuple[str, str]]:
    """What is wrong with one answer, and about which task."""
    by = f" ({call.stage} format)"
    if call.path == "/api/queue/claim":
        if call.outcome == "ok" and call.member("success") is True:
            found = _handed_out(record, call, granted)
        else:
            found = _passed_over(record, call)
    elif call.method == "GET" and call.path == "/api/queue":
        found = _not_shown(record, call)
    elif call.method == "GET" and call.path.startswith("/api/queue/"):
        found = _not_read(record, call)
    else:
        found = _refused(record, call, granted)
    return [(what + by, task) for what, task in found]


def _is_contested(record: Record, hold: Hold, granted: list[Hold]) -> bool:
    """Whether the old Worker gave a task to somebody while another held it: neither is judged."""
    return not answers_for(record, hold.claim) and any(
        one is not hold and one.task == hold.task and one.begin <= hold.begin < one.end for one in granted
    )


def _handed_out(record: Record, call: Call, granted: list[Hold]) -> list[tuple[str, str]]:
    task, (begin, end) = str(call.member("taskId")), record.expectation.evidence(call)
    story = record.expectation.stories.get(task)
    if story is None:
        return [("{n} task{s} {were} handed out that no producer had sent", task)]
    # The old Worker alone knows no results, and no deadlines.
    answers = answers_for(record, call)
    if answers and is_too_late(record, call):
        return [("{n} task{s} {were} handed out after {their} completion", task)]
    if answers and call.sent > story.latest:
        return [("{n} task{s} {were} handed out after {their} deadline", task)]
    if _is_early(record, call):
        return [("{n} task{s} {were} handed out before a new coordinator can know who holds {them}", task)]
    if not _is_as_asked(call, "leaseDurationSec", "claimedAt"):
        return [("{n} task{s} {were} handed out for another time than was asked for", task)]
    others = [one for one in granted if one.task == task and one.claim is not call]
    # Over by any clock.
    lasting = [replace(one, end=one.end - record.scenario.clock_spread) for one in others]
    held = any(is_visible_to_all(record, one, begin, end, call.name) for one in lasting)
    if call.stage == "old":  # it looks at no lease of the new format
        held = held and record.expectation.was_steady(OLD_LEASE + task, begin, end)
    return [("{n} task{s} {were} handed out though everybody could see the lease", task)] if held else []


def _is_early(record: Record, call: Call) -> bool:
    """Whether a lease that a coordinator did not give may still be hidden, as reads are late (H69).

    The old Worker gives out leases until it is replaced in every location.
    """
    hidden = record.expectation.window + 1000 * record.scenario.rollout
    if record.scenario.claims != "coordinator" or call.stage == "old" or not hidden:
        return False
    first = min(one.sent for one in claims_before(record, call))
    return call.answered + record.scenario.clock_spread < first + hidden


def _is_as_asked(call: Call, name: str, begin: str) -> bool:
    """Whether a lease lasts as long as its holder asked for."""
    asked = call.body.get(name) if isinstance(call.body, dict) else None
    since, until = (epoch_seconds(call.member("lease", member)) for member in (begin, "expiresAt"))
    return asked is None or since is None or until is None or abs(until - since - asked) < 1


def _passed_over(record: Record, call: Call) -> list[tuple[str, str]]:
    """Tasks that were free all the time, when a claim is told that there is none."""
    failed = any(
        event.error and not event.key.startswith("ratelimit:")
        for event in record.operations.get(call.name, ())
    )
    if call.outcome != "ok" or failed or _is_held_back(record, call):
        return []
    what = "{n} task{s} {were} free when a claim was told that there is none"
    return [(what, task) for task in record.expectation.stories if is_free(record, task, call)]


def _is_held_back(record: Record, call: Call) -> bool:
    """Whether a coordinator may have good reason to give out nothing: it has just begun."""
    if record.scenario.claims != "coordinator":
        return False
    # Where nothing is stale it has nothing to wait for, but for a clock that is behind, and old Workers.
    stale = record.scenario.platform.staleness is not None
    settling = 1000 * record.scenario.rollout + (_SETTLING_MS if stale else record.scenario.clock_spread)
    if not settling:
        return False
    # A claim that failed may never have reached it, nor one that had nothing to ask it for; and an old Worker
    # asks no coordinator.
    began = [
        one.answered
        for one in claims_before(record, call)
        if one.outcome == "ok" and any(is_free(record, task, one) for task in record.expectation.stories)
    ]
    return bool(began) and call.sent < min(began) + settling


def _not_shown(record: Record, call: Call) -> list[tuple[str, str]]:
    shown = call.member("pending")
    if call.outcome != "ok" or not isinstance(shown, list):
        return []
    expectation, (begin, end) = record.expectation, record.expectation.evidence(call)
    missing = [t for t in expectation.stories if t not in shown and is_visible(record, t, call)]
    gone = [
        task
        for task in shown
        if call.stage != "old"
        and isinstance(task, str)
        and not any(expectation.during(prefix + task, begin, end) for prefix in (OLD_TASK, NEW_TASK))
    ]
    return [
        *(("{n} task{s} {were} not listed", task) for task in missing),
        *(("{n} task{s} {were} listed and nowhere", task) for task in gone),
    ]


def _not_read(record: Record, call: Call) -> list[tuple[str, str]]:
    task = unquote(call.path.removeprefix("/api/queue/"))
    if call.status != 404 or not is_visible(record, task, call):
        return []
    bodies = record.expectation.stored(task, OLD_TASK, NEW_TASK)
    work = all(is_work(span.entry) for span in bodies)
    return [("{n} task{s} {were} not found by a request that should find work", task)] if work else []


def _refused(record: Record, call: Call, granted: list[Hold]) -> list[tuple[str, str]]:
    task = task_of(call)
    story = record.expectation.stories.get(task or "")
    if task is None or story is None:
        return []
    begin, end = record.expectation.evidence(call)
    if call.path.endswith("/status"):
        stored = record.expectation.was_steady((OLD_TASK + task, NEW_TASK + task), begin, end)
        bodies = [s for p in (OLD_TASK, NEW_TASK) for s in record.expectation.during(p + task, begin, end)]
        able = all(isinstance(parsed(span.entry), dict) for span in bodies)
        lost = call.status == 404 and stored and able and story.is_live_during(begin, end)
        return [("{n} task{s} {were} not found for a status update", task)] if lost else []
    if (
        call.path.endswith("/renew")
        and call.outcome == "ok"
        and not _is_as_asked(call, "extendSec", "renewedAt")
    ):
        return [("{n} lease{s} {were} renewed for another time than was asked for", task)]
    # Nobody holds a task that is completed, be it by one who had given it back.
    refused = call.status == 403 or call.member("message") == "No active lease"
    if refused and call.answered < story.completed:
        mine = [one for one in granted if one.task == task and one.worker == holder(call)]
        if any(was_held(record, hold, call) and not _is_contested(record, hold, granted) for hold in mine):
            return [("{n} holder{s} {were} refused as not holding the task", task)]
    return []
