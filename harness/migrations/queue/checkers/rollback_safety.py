"""I24 Rollback safety: after a rollback the old format has every live task, its lease, and a list of them."""

import math
from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, NOTES, OLD_LEASE, OLD_TASK, PENDING, RESULT
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import ROLLBACK, Span
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import Lease, QueueState
from harness.model.verdict import Finding, Verdict, verdict
from kvstore import Event

_LONGEST_KEY = 512
_SOON_MS = 3_600_000
_TITLE = "Rollback safety: every live task, with its lease, is in the old format again"


def rollback_safety(record: Record) -> Verdict:
    calls = record.to("POST", ROLLBACK)
    if not calls:
        return verdict("I24", _TITLE, [], looked=0, at="rollbacks")
    # A safe rollback that does not say that it is done is under way: it may have lost nothing so far.
    done = [call for call in calls if call.member("done") is True]
    again, needless = _restless(record, calls), _writes_for_nothing(record, calls)
    return verdict(
        "I24",
        _TITLE,
        [
            *_misplaced(record, calls, done),
            timeline.finding(
                record,
                "{n} held task{s} lost {their} lease in the rollback",
                dict.fromkeys([*_unheld(record), *_left_held(record, done)]),
            ),
            timeline.shown_by(
                "in {n} answer{s} of the rollback the number of deleted keys is not the true one",
                [call.name for call in calls if not _is_exact(record, call)],
                calls,
            ),
            timeline.of_calls("{n} rollback{s} after one that was done changed something, or said so", again),
            timeline.of_calls("{n} rollback{s} wrote the pending list, which lacked nothing", needless),
        ],
        looked=len(calls),
        at="rollbacks",
    )


def _restless(record: Record, calls: list[Call]) -> list[Call]:
    """Rollbacks within an hour of one that was done, with nothing new in between, that do or say something.

    A rollback that is asked for later looks at everything again, and may find work.
    """
    found, done = list[Call](), None
    for call in calls:
        is_soon = done is not None and call.answered - done.sent < _SOON_MS
        if done is not None and is_soon and _is_quiet_since(record, done, call):
            wrote = any(not event.key.startswith(NOTES) for event in record.versions.by(call.name))
            said = call.member("done") is not True or call.member("deleted") != 0
            failed = any(event.error for event in record.operations[call.name])
            if wrote or (said and not failed and call.status is not None and call.operations > 0):
                found.append(call)
        done = call if call.member("done") is True else None
    return found


def _is_quiet_since(record: Record, done: Call, call: Call) -> bool:
    """Whether nobody but rollbacks wrote to the queue since the one that was done, and all of it is seen."""
    since = done.sent - record.expectation.window
    theirs = [event for event in record.writes[: call.last] if event.at >= since]
    keys = (NEW_TASK, NEW_LEASE, PENDING, RESULT)
    others = [one for one in theirs if one.key.startswith(keys) and not record.made_by_migration(one)]
    return not others


def _writes_for_nothing(record: Record, calls: list[Call]) -> list[Call]:
    return [
        call
        for call in calls
        if any(_is_needless(record, call, one) for one in record.versions.by(call.name))
    ]


def _is_needless(record: Record, call: Call, event: Event) -> bool:
    """Whether a list was put that everybody could see there already."""
    if event.key != PENDING or event.entry is None:
        return False
    there = record.expectation.before(PENDING, event.index, event.at)
    seen = there is not None and there.begin <= record.expectation.evidence(call)[0]
    return seen and there is not None and there.entry.value == event.entry.value


def _misplaced(record: Record, calls: list[Call], done: list[Call]) -> Iterator[Finding | None]:
    """Live tasks that are not where a rollback is to bring them, by what is wrong with their place."""
    before, final = record.around[calls[0].name][0], record.final
    live = [task for task, story in record.expectation.stories.items() if story.is_live(record.ended)]
    there = [task for task in live if task in before.tasks or task in before.quarantined]
    is_over = bool(done) or record.scenario.migration == "documented"
    known = [task for task in there if is_over and _can_go_back(task)]
    # What comes later, another rollback is to bring.
    last = calls[-1].sent - record.expectation.window
    born = [
        t for t in live if is_over and t not in there and record.expectation.stories[t].enqueued[0] < last
    ]
    kept = [task for task in known if task not in final.tasks and task in final.quarantined]
    old = [task for task in known + born if task in final.old_tasks]
    for what, tasks, *hazards in (
        (
            "{n} live task{s} {were} lost in the rollback",
            [t for t in there if t not in final.tasks and t not in final.quarantined],
            "H45",
        ),
        (
            "{n} live task{s} {are} still in the new format after the rollback",
            [t for t in known if t in final.new_tasks and t not in final.old_tasks],
        ),
        (
            "{n} live task{s} of the new format {are} in quarantine after the rollback",
            [t for t in kept if t in before.new_tasks],
        ),
        (
            "{n} live task{s} {are} in the new format too after a rollback that says it is done",
            [t for t in known if done and t in final.old_tasks and t in final.new_tasks],
        ),
        (
            "{n} task{s} came during the rollback, and {are} not in the old format",
            [t for t in born if t not in final.old_tasks and t not in final.quarantined],
            "H46",
        ),
        (
            "{n} live task{s} {are} in the old format again, and no pending list names {their} id{s}",
            [t for t in old if not _is_listed(record, before, t)],
        ),
    ):
        yield timeline.finding(record, what, tasks, *hazards)


def _can_go_back(task: str) -> bool:
    """Whether the old format has a key for a task; one whose id is too long has to stay where it is."""
    return len((OLD_TASK + task).encode()) <= _LONGEST_KEY


def _is_listed(record: Record, before: QueueState, task: str) -> bool:
    """Whether a task of the old format is named by the pending list, as far as a rollback answers for that.

    It names what it brings back. What came while it did, it must have named once: old Workers write the list
    too, and lose what others write. What was there before and on no list, no rollback knows.
    """
    if task in record.final.pending_ids:
        return True
    if task in before.new_tasks:
        return False
    brought = [span for span in record.expectation.of(OLD_TASK + task) if span.from_operator]
    listed = [span for span, ids in record.expectation.lists if task in ids]
    if task in before.pending_ids:
        # A list that comes to its own end takes the names of those with it that nobody has moved.
        return not brought and all(span.ended_by is None for span in listed[-1:])
    return not brought or any(span.end > brought[0].begin for span in listed)


def _unheld(record: Record) -> Iterator[str]:
    """Held tasks whose lease a rollback deleted, without the same one in the old format."""
    expectation = record.expectation
    for task, spans in expectation.under(NEW_LEASE):
        story = expectation.stories.get(task)
        for span in spans:
            event = span.ended_by
            if story is None or event is None or event.verb != "delete" or story.completed <= event.at:
                continue
            call = expectation.calls.get(event.invocation)
            theirs = call is not None and call.path == ROLLBACK and _holds(span, event.at)
            if theirs and not _is_kept(record, task, span, event.index, event.at):
                yield task


def _left_held(record: Record, done: list[Call]) -> Iterator[str]:
    """Held tasks whose lease a rollback that says it is done left in the new format alone.

    Only what everybody could see when it was asked: others are at work in both formats.
    """
    expectation = record.expectation
    for call in done:
        for task, spans in expectation.under(NEW_LEASE):
            story = expectation.stories.get(task)
            for span in spans:
                seen = span.begin <= expectation.evidence(call)[0] and span.end > call.answered
                if story is not None and seen and _can_go_back(task) and _holds(span, call.answered):
                    left = story.is_live(call.answered)
                    if left and not _is_kept(record, task, span, call.last, call.answered):
                        yield task


def _holds(span: Span, at: int) -> bool:
    lease = Lease.read(span.entry)
    return lease is not None and (lease.until is None or lease.until * 1000 > at)


def _is_kept(record: Record, task: str, span: Span, place: int, at: int) -> bool:
    """Whether the old format has the same lease before the write at ``place``, or had it to a later end."""
    old, lease = record.expectation.before(OLD_LEASE + task, place, at), Lease.read(span.entry)
    kept = None if old is None else Lease.read(old.entry)
    if old is None or kept is None or lease is None:
        return False
    longer = not old.from_operator and (kept.until or math.inf) > (lease.until or math.inf)
    return kept.same_hold(lease) or (longer and (kept.worker, kept.nonce) == (lease.worker, lease.nonce))


def _is_exact(record: Record, call: Call) -> bool:
    """Whether ``deleted`` is how many keys of the new format it deleted.

    Some may have been gone already, and of some the rollback was not told that they are.
    """
    said = call.member("deleted")
    if call.status not in (200, 207):
        return True
    prefixes = (NEW_TASK, NEW_LEASE)
    deletes = [
        one for one in record.versions.by(call.name) if one.verb == "delete" and one.key.startswith(prefixes)
    ]
    told = {
        one.key for one in record.operations.get(call.name, ()) if one.verb == "delete" and one.error is None
    }
    certain = [one for one in deletes if one.key in told and record.versions.before(one) is not None]
    return isinstance(said, int) and len(certain) <= said <= len(deletes)
