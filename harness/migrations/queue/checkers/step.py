"""What a step of a safe migration says of itself, forward or back, against what was so: numbers and flags.

Part of I16. A step is under way while listings are late and others are at work, so that a number is wrong
only if no moment that it can have seen makes it right.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from harness import Call
from harness.migrations.queue import layout
from harness.migrations.queue.checkers.failures import (
    FROM,
    TO,
    blames_nothing,
    blames_other,
    counts_failures_wrong,
    errors_of,
    fails_for_nothing,
    hides_failures,
    is_there,
    praises_itself,
    texts_of,
)
from harness.migrations.queue.simulation.expectation import (
    DELETE,
    ROLLBACK,
    RUN,
    Span,
    are_steady,
    is_day_over,
    within,
)
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import parsed
from harness.model.log import chosen

Complaint = Callable[[Record, Call], bool]

_LONGEST_KEY: Final = 512
_PREFIX: Final = dict(zip(layout.OLD + layout.NEW, layout.NEW + layout.OLD, strict=True))
# What was copied and waits for its verification; a batch of the kind "end" has no copies.
_BATCHES: Final = {RUN: f"{layout.NOTES}batch:forward:", ROLLBACK: f"{layout.NOTES}batch:back:"}
# What a note ends with about a task whose entry was put into quarantine.
_KEPT: Final = "the old entry is in quarantine"
# What a run says that had nothing to do.
NOT_NEEDED: Final = "Migration not needed - already using new format"
# For so long, at least, a coordinator keeps others from taking a step.
_STEP_MS: Final = 30_000
# How a text ends that names the first of many.
_MORE: Final = re.compile(r"and (-?\d+) more")
_DAY_MS: Final = 86_400_000
# How long an answer may be under way, by clocks that may be off.
_ANSWER_MS: Final = 180_000


def steps(record: Record) -> list[Call]:
    """The steps that were answered, of either direction."""
    if record.scenario.migration != "safe":
        return []
    calls = [*record.runs, *record.to("POST", ROLLBACK)]
    return [call for call in calls if call.status is not None and isinstance(call.answer, dict)]


def _bounds(record: Record, call: Call, prefixes: tuple[str, ...]) -> tuple[int, int]:
    """How many keys that can be moved were there all the time, and how many at any time."""
    begin, end = record.expectation.evidence(call)
    counts = [
        record.expectation.counted(prefix, begin, end, _LONGEST_KEY - len(_PREFIX[prefix]))
        for prefix in prefixes
    ]
    return sum(least for least, _ in counts), sum(most for _, most in counts)


def _ends_unlike(record: Record, call: Call) -> bool:
    """Whether done, remaining and retryAfter disagree."""
    done, remaining, wait = (call.member(name) for name in ("done", "remaining", "retryAfter"))
    if not isinstance(done, bool) or remaining is None or wait is None:
        return True
    return bool((remaining == 0) is not done or remaining < 0 or wait < 0 or (done and wait > 0))


def _remains_wrong(record: Record, call: Call) -> bool:
    """Whether less is said to be left than was there all the time, or more than two for all there was."""
    said, done = call.member("remaining"), call.member("done")
    if said is None or done is not False or call.member("complete") is None or call.status == 500:
        return False
    least, most = _bounds(record, call, FROM[call.path])
    # What it deleted a late listing may not have shown: then it is taken off without having been counted.
    late = len(list(chosen(record.versions.by(call.name), verb="delete"))) if record.expectation.window else 0
    if call.member("complete") is True and said - 1 < least - late:
        return True
    return bool(said - 1 > 2 * most)


def _is_incomplete(record: Record, call: Call) -> bool:
    """Whether listings were not read to their end though there were few keys, and operations enough."""
    if call.member("complete") is not False or call.status != 200 or _was_busy(call):
        return False
    asked = record.operations.get(call.name, ())
    spare = call.operations < budget_of(record) // 2
    pages = len(list(chosen(asked, verb="scan")))
    return spare and pages <= 6 and not any(chosen(asked, failed=True))


def _was_busy(call: Call) -> bool:
    return call.operations == 0


def _waits_alone(record: Record, call: Call) -> bool:
    """Whether it was put off for another step when none was being taken, nor had been cut off."""
    if not _was_busy(call) or errors_of(call) or record.fired:
        return False
    every = [one for path in (RUN, ROLLBACK, DELETE) for one in record.to("POST", path)]
    return not any(
        one is not call and one.sent <= call.answered and (one.status is None or call.sent <= one.answered)
        for one in every
    )


def _joins_in(record: Record, call: Call) -> bool:
    """Whether it began its work, in spite of a coordinator, between two operations of another step."""
    asked = record.operations.get(call.name, ())
    if record.scenario.claims != "coordinator" or not asked:
        return False
    others = (record.operations.get(one.name, ()) for one in [*record.runs, *record.to("POST", ROLLBACK)])
    return any(
        theirs is not asked
        and theirs
        and theirs[0].at < asked[0].at < theirs[-1].at < theirs[0].at + _STEP_MS
        for theirs in others
    )


def _hurries(record: Record, call: Call) -> bool:
    """Whether it was put off for another step, and asked to repeat at once."""
    return _was_busy(call) and not errors_of(call) and not call.member("retryAfter")


def budget_of(record: Record) -> int:
    """How many operations a step may take."""
    allowed = record.scenario.platform.allowance.operations
    return min(900, allowed or 900)


def _quarantines_other(record: Record, call: Call) -> bool:
    said = call.raw("quarantined")
    put = chosen(record.versions.by(call.name), layout.QUARANTINE, verb="put")
    kept = {event.key.removeprefix(layout.QUARANTINE) for event in put}
    failed = " ".join(errors_of(call))
    return not isinstance(said, list) or any(
        task not in failed for task in kept.symmetric_difference(map(str, said))
    )


def _is_silent(record: Record, call: Call) -> bool:
    """Whether it did nothing, as another step was being taken, and does not say so."""
    return (
        _was_busy(call) and call.member("done") is False and not (errors_of(call) or texts_of(call, "notes"))
    )


def _counts_backwards(record: Record, call: Call) -> bool:
    """Whether a text says that there are more of something, and less than one."""
    texts = texts_of(call, "notes") + errors_of(call)
    return any(int(more) < 1 for one in texts for more in _MORE.findall(one))


def _notes_other(record: Record, call: Call) -> bool:
    """Whether a note says that an entry is in quarantine, and it is not there, or its put failed; or names
    nothing.
    """
    every = texts_of(call, "notes")
    if any(note.endswith(": ") for note in every):
        return True
    notes = [note for note in every if note.endswith(_KEPT)]
    begin, end = record.expectation.evidence(call)
    failed = " ".join(errors_of(call))
    kept = [
        f"Task {task}: "
        for task, spans in (record.expectation.under(layout.QUARANTINE) if notes else ())
        if within(spans, begin, end) and layout.QUARANTINE + task not in failed
    ]
    return not all(note.startswith(tuple(kept)) for note in notes)


def _drops_silently(record: Record, call: Call) -> bool:
    """Whether it deleted a pending list with elements that are no ids, and names none of them."""
    ended = chosen(record.versions.by(call.name), layout.PENDING, verb="delete")
    deleted = any(one.key == layout.PENDING for one in ended)
    if call.path != RUN or not deleted:
        return False
    begin, end = record.expectation.evidence(call)
    seen = [parsed(span.entry) for span in record.expectation.during(layout.PENDING, begin, end)]
    odd = [
        [_as_json(item) for item in one if not isinstance(item, str)] if isinstance(one, list) else []
        for one in seen
    ]
    notes = " ".join(texts_of(call, "notes"))
    return bool(odd) and all(odd) and not any(item in notes for one in odd for item in one)


def _as_json(item: object) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def _points_elsewhere(record: Record, call: Call) -> bool:
    """Whether ``cursor`` is not the last id that was to be copied; of tasks, in the order of ids."""
    copied = [one.key for one in chosen(record.versions.by(call.name), *TO[call.path], verb="put")]
    cursor = call.raw("cursor")
    if not copied or cursor is None:
        return bool(copied)
    tasks = TO[call.path][0]
    is_task = call.path == RUN and copied[-1].startswith(tasks)
    return is_task and copied[-1].removeprefix(tasks).encode() > str(cursor).encode()


def _counts_operations_wrong(record: Record, call: Call) -> bool:
    said = call.raw("operations")
    return not isinstance(said, int) or said != call.operations


def _leaves_something(record: Record, call: Call) -> bool:
    """Whether it says that all is done while something to move is there that everybody can see."""
    if call.member("done") is not True:
        return False
    least, _ = _bounds(record, call, FROM[call.path])
    begin, end = record.expectation.evidence(call)
    listed = call.path == RUN and record.expectation.was_steady(layout.PENDING, begin, end)
    return bool(least or listed)


def _leaves_a_note(record: Record, call: Call) -> bool:
    """Whether it says that all is done while a batch of copies is open that everybody can see."""
    if call.member("done") is not True:
        return False
    begin, end = record.expectation.evidence(call)
    notes = [within(spans, begin, end) for _, spans in record.expectation.under(_BATCHES[call.path])]
    return any(are_steady(one, begin, end) and _has_copies(one[0]) for one in notes)


def _has_copies(note: Span) -> bool:
    said = parsed(note.entry)
    return not isinstance(said, dict) or said.get("kind") != "end"


def _says_other(record: Record, call: Call) -> bool:
    """Whether the message does not fit what happened."""
    said, errors, done = str(call.member("message")), len(errors_of(call)), call.member("done") is True
    name = "Migration" if call.path == RUN else "Rollback"
    if errors:
        return said != f"{name} completed with {errors} failures"
    if name == "Rollback":
        if call.raw("note") is not None and ("again" in str(call.raw("note"))) is done:
            return True
        state = "complete" if done else "in progress"
        return said != f"Rollback {state} - deleted {call.member('deleted')} new format keys"
    if not done:
        return "in progress" not in said
    worked = any(
        event.verb in ("put", "delete") and not event.key.startswith(layout.NOTES)
        for event in record.operations.get(call.name, ())
    )
    return said != ("Migration completed successfully" if worked else NOT_NEEDED)


def _waits_for_another_day(record: Record, call: Call) -> bool:
    """Whether a step that could do nothing more that day does not wait for the next, from 00:00 UTC.

    One that changed something may go on at once; with a coordinator that may be a note that KV does not show.
    """
    said = any("00:00 UTC" in note for note in texts_of(call, "notes"))
    idle = record.scenario.claims == "kv" and not record.versions.by(call.name)
    if not is_day_over(call) or not (said or idle):
        return False
    until = call.answered + 1000 * (call.member("retryAfter") or 0) + _ANSWER_MS
    return not said or until % _DAY_MS > 2 * _ANSWER_MS


def _claims_to_be_dry(record: Record, call: Call) -> bool:
    return call.raw("dryRun") not in (None, False)


def _counts_copies_wrong(record: Record, call: Call) -> bool:
    """Whether a rollback says to have copied another number than it did."""
    if call.path != ROLLBACK:
        return False
    # A put that failed may be counted or not, and so may one whose value is there all the same.
    asked, failed = record.operations.get(call.name, ()), len(errors_of(call))
    there = [event.key for event in asked if event.error and is_there(record, call, event)]
    for section, prefix in zip(("tasks", "leases"), TO[call.path], strict=True):
        writes = record.versions.by(call.name)
        moved = {e.key for e in writes if e.verb == "put" and e.key.startswith(prefix)}
        said, more = call.member(section, "migrated"), sum(key.startswith(prefix) for key in there)
        if said is None or not len(moved) - failed <= said <= len(moved) + failed + more:
            return True
    return False


STEP: Final[dict[Complaint, str]] = {
    praises_itself: "in {n} answer{s} of a step success, status and errors do not fit together",
    counts_failures_wrong: "in {n} answer{s} of a step totalFailed is not the number of errors",
    _ends_unlike: "in {n} answer{s} of a step done, remaining and retryAfter do not fit together",
    _remains_wrong: "in {n} answer{s} of a step remaining is not what is left",
    _is_incomplete: "{n} answer{s} of a step {were} incomplete for no reason",
    _waits_alone: "{n} step{s} {were} put off, and no other was being taken",
    _waits_for_another_day: "{n} step{s} for which the day was over did not wait for the next",
    _joins_in: "{n} step{s} {were} taken while another was, in spite of the coordinator",
    _hurries: "{n} step{s} {were} put off for another, and asked to repeat at once",
    blames_other: "{n} answer{s} of a step {do} not say whether tasks or leases failed",
    _quarantines_other: "in {n} answer{s} of a step quarantined is not what was put there",
    _is_silent: "{n} step{s} {were} put off for another, and did not say so",
    _counts_backwards: "in {n} answer{s} of a step fewer than one are said to be more",
    _notes_other: "in {n} answer{s} of a step notes name nothing, or are wrong about the quarantine",
    _drops_silently: "{n} step{s} deleted a pending list with elements that are no ids, and named none",
    _points_elsewhere: "in {n} answer{s} of a step cursor is not the last id that was copied",
    _counts_operations_wrong: "in {n} answer{s} of a step operations is not how many there were",
    hides_failures: "{n} answer{s} of a step {do} not report an operation that failed",
    fails_for_nothing: "{n} answer{s} of a step {have} reported failures, though nothing failed",
    blames_nothing: "{n} answer{s} of a step report{es} another failure than there was",
    _leaves_something: "after {n} answer{s} of a step that all was done, keys were left to be moved",
    _leaves_a_note: "after {n} answer{s} of a step that all was done, copies were noted as not verified",
    _says_other: "in {n} answer{s} of a step the message is not what happened",
    _claims_to_be_dry: "{n} step{s} {were} answered as dry run{s}",
    _counts_copies_wrong: "in {n} answer{s} of a rollback the number of copies is not that of those made",
}
