"""I24 Rollback safety: after a rollback the old format has every live task, its lease, and a list of them."""

from harness.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK
from harness.queue_state import Lease, QueueState
from harness.simulation import moments
from harness.simulation.record import Call, Record
from harness.simulation.truth import ROLLBACK
from harness.verdict import Verdict, verdict

_LONGEST_KEY = 512
_TITLE = "Rollback safety: every live task, with its lease, is in the old format again"


def rollback_safety(record: Record) -> Verdict:
    calls = record.to("POST", ROLLBACK)
    safe = record.scenario.migration == "safe"
    if not calls or (safe and not any(call.member("done") is True for call in calls)):
        return verdict("I24", _TITLE, [])
    before = record.around[calls[0].name][0]
    live = [task for task, story in record.truth.stories.items() if story.is_live(record.ended)]
    known = [task for task in live if _was_known(before, task)]
    born = [task for task in live if task not in before.tasks and task not in before.quarantined]
    final = record.final
    kept = final.old_tasks.keys() | final.quarantined.keys()
    listed = set(final.pending_ids)
    return verdict(
        "I24",
        _TITLE,
        [
            moments.finding(
                record,
                "{n} live task{s} {were} lost in the rollback",
                [t for t in known if t not in kept and t not in final.new_tasks],
                "H45",
            ),
            moments.finding(
                record,
                "{n} live task{s} {are} still in the new format after the rollback",
                [t for t in known if t not in kept and t in final.new_tasks],
            ),
            moments.finding(
                record,
                "{n} live task{s} {are} in the new format too after a rollback that says it is done",
                [t for t in known if safe and t in kept and t in final.new_tasks],
            ),
            moments.finding(
                record,
                "{n} task{s} came during the rollback, and {are} not in the old format",
                [t for t in born if t not in kept],
                "H46",
            ),
            moments.finding(
                record,
                "{n} live task{s} {are} in the old format again, and no pending list names {their} id{s}",
                [t for t in known if t in final.old_tasks and t not in listed],
            ),
            moments.finding(
                record, "{n} held task{s} lost {their} lease in the rollback", _unheld(record, calls[0])
            ),
            moments.told(
                "in {n} answer{s} of the rollback the number of deleted keys is not the true one",
                [call.name for call in calls if not _is_exact(record, call)],
                [moments.of_call(call) for call in calls],
            ),
        ],
    )


def _was_known(before: QueueState, task: str) -> bool:
    """Whether a rollback could know of a task: in the new format, or in the old one and listed.

    What has too long an id for a key of the old format has to stay where it is.
    """
    if len((OLD_TASK + task).encode()) > _LONGEST_KEY:
        return False
    return task in before.new_tasks or (task in before.old_tasks and task in before.pending_ids)


def _unheld(record: Record, first: Call) -> list[str]:
    """Tasks that were held when the rollback began, whose lease nobody but a rollback ended."""
    truth, lost = record.truth, []
    for task, spans in truth.under(NEW_LEASE):
        story = truth.stories.get(task)
        for span in spans:
            event, lease = span.ended_by, Lease.read(span.entry)
            if story is None or event is None or event.verb != "delete" or lease is None:
                continue
            call = truth.calls.get(event.invocation)
            held = (lease.until is None or lease.until * 1000 > event.at) and story.completed > event.at
            if call is not None and call.path == ROLLBACK and held:
                old = truth.before(OLD_LEASE + task, event.index, event.at)
                if old is None or (kept := Lease.read(old.entry)) is None or not kept.same_hold(lease):
                    lost.append(task)
    return list(dict.fromkeys(lost))


def _is_exact(record: Record, call: Call) -> bool:
    """Whether ``deleted`` is how many keys of the new format it deleted; some may have been gone already."""
    said = call.member("deleted")
    if call.status not in (200, 207):
        return True
    gone = [
        event
        for event in record.past.by(call.name)
        if event.verb == "delete" and event.key.startswith((NEW_TASK, NEW_LEASE))
    ]
    really = [event for event in gone if record.past.before(event) is not None]
    return isinstance(said, int) and len(really) - _failed(call) <= said <= len(gone)


def _failed(call: Call) -> int:
    errors = call.member("errors")
    return len(errors) if isinstance(errors, list) else 0
