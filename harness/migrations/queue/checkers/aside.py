"""What is asked beside a safe migration: whether dry runs and deletions answer the truth. Part of I16."""

import re
from collections import Counter
from typing import Final

from harness import Call
from harness.migrations.queue.checkers.failures import errors_of, praises_itself, texts_of
from harness.migrations.queue.checkers.step import Complaint, budget_of
from harness.migrations.queue.checkers.written import lives
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, NOTES, OLD_TASK
from harness.migrations.queue.simulation.expectation import (
    DELETE,
    DRY_DELETE,
    DRY_RUN,
    are_steady,
    within,
)
from harness.migrations.queue.simulation.record import Record

# A dry run has a right to stop after so many pages of one listing.
_COUNTED_PAGES: Final = 3
_DRY_NOTE: Final = f"{NOTES}dry-run"
# How many lost tasks are named at most.
_NAMED: Final = 100
# The longest that a coordinator keeps a key from other actors after a write of it, with time to spare.
_TURN_MS: Final = 5_000
# How long a dry run counts, as its answer says.
_DRY_SECONDS: Final = 600


def asides(record: Record) -> list[Call]:
    """What was asked beside, and answered: dry runs and deletions."""
    if record.scenario.migration != "safe":
        return []
    calls = [call for path in (DRY_RUN, DRY_DELETE, DELETE) for call in record.to("POST", path)]
    return [call for call in calls if call.status is not None and isinstance(call.answer, dict)]


def _writes(record: Record, call: Call) -> bool:
    """Whether it wrote what it must not: a dry run nothing, one of a deletion its note, that the new keys."""
    allowed = {DRY_RUN: (), DRY_DELETE: (_DRY_NOTE,), DELETE: (NEW_TASK, NEW_LEASE)}[call.path]
    return (
        any(not event.key.startswith(allowed) for event in record.versions.by(call.name))
        if allowed
        else bool(record.versions.by(call.name))
    )


def _is_remembered_otherwise(record: Record, call: Call) -> bool:
    """Whether the note of a dry run lives for another time than its answer says."""
    notes = [one for one in record.versions.by(call.name) if one.key == _DRY_NOTE]
    return call.path == DRY_DELETE and not all(lives(one, _DRY_SECONDS, record) for one in notes)


def _is_no_dry_run(record: Record, call: Call) -> bool:
    dry = call.path != DELETE
    if call.status not in (200, 207) or _failed(record, call):
        return dry and call.status == 409  # only a deletion is refused, for want of a dry run
    return call.raw("dryRun") is not dry or (dry and call.member("deleted") != 0)


def _failed(record: Record, call: Call) -> bool:
    return any(event.error for event in record.operations.get(call.name, ()))


def _foresees_wrong(record: Record, call: Call) -> bool:
    """Whether a dry run counts what is not there, or not what is."""
    if call.path == DELETE or call.status != 200:
        return False
    whole = call.member("complete") is True
    begin, end = record.expectation.evidence(call)
    counted = {}
    for name, prefix in (("tasks", NEW_TASK), ("leases", NEW_LEASE)):
        there = [within(spans, begin, end) for _, spans in record.expectation.under(prefix)]
        counted[name] = (
            sum(bool(one) and are_steady(one, begin, end) for one in there),
            sum(map(bool, there)),
        )
    if call.path == DRY_RUN:
        said = {name: call.raw(name) for name in counted}
        wrong = any(
            not isinstance(number, int) or number > counted[name][1] or (whole and number < counted[name][0])
            for name, number in said.items()
        )
        return wrong or call.member("remaining") != 2 * sum(said.values())
    least, most = (sum(one[at] for one in counted.values()) for at in (0, 1))
    found, lost = call.member("remaining"), call.raw("lost")
    if found is None or found > most or (whole and found < least):
        return True
    return not isinstance(lost, int) or not _can_be_lost(record, call, lost, whole)


def _can_be_lost(record: Record, call: Call, said: int, whole: bool) -> bool:
    """Whether so many tasks may have no old key."""
    begin, end = record.expectation.evidence(call)
    least = most = 0
    for task, spans in record.expectation.under(NEW_TASK):
        there, old = within(spans, begin, end), record.expectation.during(OLD_TASK + task, begin, end)
        most += bool(there) and not are_steady(old, begin, end)
        least += bool(there) and are_steady(there, begin, end) and not old
    return said <= most and (said >= least or not whole)


def _is_incomplete_aside(record: Record, call: Call) -> bool:
    return call.path != DELETE and call.member("complete") is False and _has_room(record, call)


def _has_room(record: Record, call: Call) -> bool:
    asked = record.operations.get(call.name, ())
    pages = Counter(event.key for event in asked if event.verb == "scan")
    few = all(number <= _COUNTED_PAGES for number in pages.values())
    return few and call.operations < budget_of(record) // 4 and not any(event.error for event in asked)


def _deletes_unasked(record: Record, call: Call) -> bool:
    """Whether it deletes without a dry run in the ten minutes before, or refuses with one."""
    if call.path != DELETE or _failed(record, call):
        return False
    begin, end = record.expectation.evidence(call)
    seen = record.expectation.during(_DRY_NOTE, begin, end)
    if call.status == 409:
        return record.expectation.was_steady(_DRY_NOTE, begin, end)
    return not seen


def _deletes_other(record: Record, call: Call) -> bool:
    """Whether ``deleted`` is not how many it deleted, or it is done though refused or not to the end."""
    if call.path != DELETE or (call.status == 500 and _failed(record, call)):
        return False
    if call.status == 409:
        return call.member("deleted") != 0 or call.member("done") is not False
    gone = [event for event in record.versions.by(call.name) if event.verb == "delete"]
    said, done = call.member("deleted"), call.member("done") is True
    if said is None or not len(gone) - len(errors_of(call)) <= said <= len(gone):
        return True
    if done is not (call.member("remaining") == 0):
        return True
    begin, end = record.expectation.evidence(call)
    new = [spans for prefix in (NEW_TASK, NEW_LEASE) for _, spans in record.expectation.under(prefix)]
    return done and any(are_steady(within(spans, begin, end), begin, end) for spans in new)


def _is_never_done(record: Record, call: Call) -> bool:
    """Whether a deletion is not done though no new key is left and no other actor was active."""
    if call.path != DELETE or call.status != 200 or call.member("done") is True or record.fired:
        return False
    others = any(
        one.actor != call.actor and one.sent <= call.answered and call.sent - _TURN_MS <= one.answered
        for one in record.calls
    )
    prefixes = (NEW_TASK, NEW_LEASE)
    keys = [spans for prefix in prefixes for _, spans in record.expectation.under(prefix)]
    left = any(within(spans, call.answered, call.answered) for spans in keys)
    return _has_room(record, call) and not (left or others)


def _tells_other_numbers(record: Record, call: Call) -> bool:
    """Whether the message has other numbers than the members, or names other tasks than are lost."""
    if call.status not in (200, 207):
        return False
    message, member = str(call.raw("message")), call.raw
    if call.path == DRY_RUN:
        return f"move {member('tasks')} tasks and {member('leases')} leases" not in message
    if call.path == DELETE:
        return f"deleted {member('deleted')} new" not in message
    lost, named = member("lost"), texts_of(call, "lostTasks")
    if not isinstance(lost, int) or len(named) != min(lost, _NAMED):
        return True
    return re.findall(r"\d+", message) != [str(member("remaining")), str(lost)]


def _fails_for_nothing(record: Record, call: Call) -> bool:
    """Whether it reports a failure though nothing failed."""
    return bool(errors_of(call)) and not _failed(record, call)


ASIDE: Final[dict[Complaint, str]] = {
    _writes: "{n} request{s} beside {have} written what {they} must not",
    _is_remembered_otherwise: "{n} dry run{s} {were} remembered for another time than the answer says",
    _is_no_dry_run: "{n} answer{s} to what was asked beside {are} not of the kind that was asked for",
    _foresees_wrong: "{n} dry run{s} {were} wrong about what would be moved",
    _is_incomplete_aside: "{n} dry run{s} {were} incomplete for no reason",
    _deletes_unasked: "{n} deletion{s} {were} done without a dry run, or refused after one",
    _deletes_other: "in {n} answer{s} of a deletion the numbers are not the true ones",
    _is_never_done: "{n} deletion{s} {were} not done though nothing was left",
    _tells_other_numbers: "in {n} answer{s} beside the message has other numbers than the members",
    _fails_for_nothing: "{n} answer{s} beside {have} reported failures, though nothing failed",
    praises_itself: "in {n} answer{s} beside success, status and errors do not fit together",
}
