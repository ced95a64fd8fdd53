"""Ids that are too long, and the order that ids give: H63, H65."""

from collections.abc import Iterator

from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.claim import Claim, claims
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE
from harness.migrations.queue.simulation.expectation import task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_read
from harness.migrations.queue.state import parsed
from harness.model.verdict import Moment

# In bytes.
_LONGEST_KEY = 512


def id_too_long(record: Record) -> Diagnosis | None:
    """H63: a lease's key is too long, and claims die of it; or a result's key is, and work never ends."""
    cases = [*_blocked_claims(record), *_impossible_results(record)]
    return diagnosed(
        "H63",
        "{n} id{s} {are} too long: claims die of {their} lease's key, or no result can be stored",
        cases,
        "I22",
    )


def _blocked_claims(record: Record) -> Iterator[Case]:
    refused = [
        call
        for call in record.to("POST", "/api/queue/claim")
        if call.status == 500 and "414 UTF-8 encoded length" in str(call.answer)
    ]
    for call in refused:
        told = Moment(call.answered, call.name, f"{call.answer}")
        yield Case(_too_long(record), (of_call(call), told, *map(of_call, refused[:4])))


def _too_long(record: Record) -> str:
    """The id whose lease has no key."""
    return next((task for task in record.start.tasks if len((OLD_LEASE + task).encode()) > _LONGEST_KEY), "")


def _impossible_results(record: Record) -> Iterator[Case]:
    """The worker was given the task, and its result is refused for the length of the id."""
    given = {(claim.call.actor, claim.task): claim for claim in claims(record)}
    for call in record.to("POST", "/api/result/*"):
        claim = given.get((call.actor, task_of(call) or ""))
        too_long = "Task ID too long" in str(call.answer) or "414 UTF-8 encoded" in str(call.answer)
        if claim is not None and too_long and call.outcome != "ok":
            told = Moment(call.answered, call.name, f"{call.answer}")
            yield Case(claim.task, (of_call(claim.call), of_call(call), told))


def order_of_bytes(record: Record) -> Diagnosis | None:
    """H65: the new format hands out by the bytes of the id what the old one handed out by age."""
    cases = [case for claim in claims(record) if (case := _overtaken(record, claim)) is not None]
    return diagnosed("H65", "{n} older task{s} {were} passed over for one whose id comes first", cases, "I27")


def _overtaken(record: Record, claim: Claim) -> Case | None:
    operations = record.operations[claim.call.name]
    scans = {event.key: event for event in operations if event.verb == "scan"}
    if claim.in_old_format or NEW_TASK not in scans or any(event.verb == "get_many" for event in operations):
        return None
    shown, leased = scans[NEW_TASK], set(scans[NEW_LEASE].found) if NEW_LEASE in scans else set()
    queued = _queued_at(record, claim.task, claim.write.at)
    for key in shown.found:
        task = key.removeprefix(NEW_TASK)
        free = NEW_LEASE + task not in leased and not record.versions.at(NEW_LEASE + task, claim.write.at)
        if free and task.encode() > claim.task.encode() and _queued_at(record, task, claim.write.at) < queued:
            older = Moment(
                shown.at, shown.invocation, f"{task}, queued earlier, is free and comes later in the listing"
            )
            return Case(task, (of_read(shown), older, of_call(claim.call)))
    return None


def _queued_at(record: Record, task: str, moment: int) -> str:
    """When a task was queued, as its body says; as if for ever later when it does not say."""
    entry = record.versions.at(NEW_TASK + task, moment)
    body = None if entry is None else parsed(entry)
    queued = body.get("queuedAt") if isinstance(body, dict) else None
    return queued if isinstance(queued, str) else "~"


IDS = (id_too_long, order_of_bytes)
