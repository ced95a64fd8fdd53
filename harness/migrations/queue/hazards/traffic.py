"""Producers and workers at work while the documented migration runs: H34 to H38."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.claim import claims, held, lease_of
from harness.migrations.queue.hazards.reading import last_get
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, PENDING, RESULT
from harness.migrations.queue.simulation.expectation import task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_read, of_write
from harness.migrations.queue.state import Lease, QueueState
from harness.model.log import chosen
from harness.model.verdict import Moment
from kvstore import Event


def enqueued_during_the_run(record: Record) -> Diagnosis | None:
    """H34: the list that is deleted names a task that was not in it when the run read it."""
    accepted = [call for call in record.to("POST", "/webhook/*") if call.status == 200]
    cases = []
    for run, deletion, read in _deletions(record):
        known = _ids(read)
        for call in accepted:
            task = call.member("eventId")
            puts = {write.key: write for write in record.versions.by(call.name)}
            listed = puts.get(PENDING)
            if task in known or listed is None or listed.index > deletion.index:
                continue
            if not _found_again(record, task, deletion):
                evidence = (of_read(read), of_write(puts[OLD_TASK + task]), of_write(listed), of_call(call))
                cases.append(Case(task, (*evidence, of_write(deletion), of_call(run))))
    return diagnosed(
        "H34",
        "{n} accepted task{s} {were} deleted with the list without being moved: lost",
        cases,
        "I1",
        "I2",
    )


def _deletions(record: Record) -> Iterator[tuple[Call, Event, Event]]:
    """The runs that deleted the pending list, each with what it had read of it."""
    for run in record.runs:
        for write in chosen(record.versions.by(run.name), PENDING, verb="delete"):
            if write.key == PENDING:
                read = last_get(record, run.name, PENDING, write.at)
                if read is not None:
                    yield run, write, read


def _ids(read: Event) -> list[str]:
    return [] if read.entry is None else QueueState({PENDING: read.entry}).pending_ids


def _found_again(record: Record, task: str, since: Event) -> bool:
    """Whether anything brought an unlisted task back, moved or completed it."""
    listed = (write for write in record.versions.to(PENDING) if write.index > since.index)
    return (
        any(task in _ids(write) for write in listed)
        or any(write.verb == "put" for write in record.versions.to(NEW_TASK + task))
        or bool(record.versions.to(RESULT + task))
    )


def claimed_before_its_lease_moved(record: Record) -> Diagnosis | None:
    """H35: the task is there in the new format, its lease is not yet, and nobody asks for the old one."""
    cases = []
    for claim in claims(record):
        task, at = claim.task, claim.write.at
        stored = record.versions.at(OLD_LEASE + task, at)
        copied = [
            w for w in record.versions.to(NEW_TASK + task) if record.made_by_migration(w) and w.at <= at
        ]
        if claim.in_old_format or stored is None or not copied or record.versions.at(RESULT + task, at):
            continue
        asked = {event.key for event in record.operations[claim.call.name]}
        run = _run(record, copied[-1])
        if OLD_LEASE in asked or run is None or _leases_begun(record, run, at):
            continue
        put = [write for write in record.versions.to(OLD_LEASE + task) if write.at <= at][-1:]
        there = Moment(at, claim.call.name, f"{OLD_LEASE}{task} is there, and is not asked for")
        evidence = (*map(of_write, put), of_write(copied[-1]), of_write(claim.write), there)
        cases.append(Case(task, (*evidence, of_call(claim.call), of_call(run))))
    return diagnosed(
        "H35",
        "{n} task{s} somebody works on {were} moved before {their} lease, and claimed again",
        cases,
        "I9",
        "I10",
    )


def _run(record: Record, write: Event) -> Call | None:
    return next((run for run in record.runs if run.name == write.invocation), None)


def _leases_begun(record: Record, run: Call, moment: int) -> bool:
    """Whether a run had come to the leases by then, or ended without being cut off."""
    if run.status is not None and run.answered <= moment:
        return True
    operations = record.operations.get(run.name, ())
    return any(event.key.startswith(OLD_LEASE) and event.at <= moment for event in operations)


def new_lease_overwritten(record: Record) -> Diagnosis | None:
    """H36: the lease of a new claim is overwritten by the old one."""
    granted = {claim.lease.nonce: claim for claim in claims(record)}
    cases = []
    for write in chosen(record.writes, NEW_LEASE, verb="put"):
        if not record.made_by_migration(write):
            continue
        lease, replaced = lease_of(write), record.versions.before(write)
        before = None if replaced is None else Lease.read(replaced)
        claim = None if before is None else granted.get(before.nonce)
        if claim is None or lease is None or lease.nonce == claim.lease.nonce:
            continue
        if held(record, claim, write.at) and not claim.in_old_format:
            evidence = (of_write(claim.write), of_call(claim.call), of_write(write))
            cases.append(
                Case(
                    claim.task,
                    (*evidence, *_refused_renewals(record, claim.call.actor, claim.task, write.at)),
                )
            )
    return diagnosed(
        "H36", "{n} lease{s} of a new claim {were} overwritten with the old one", cases, "I8", "I9"
    )


def _refused_renewals(record: Record, actor: str, task: str, since: int) -> list[Moment]:
    """What the claimant was told when it wanted to keep its lease."""
    return [
        of_call(call)
        for call in record.calls
        if (call.actor, task_of(call), call.status) == (actor, task, 403)
        and call.sent >= since
        and call.path.endswith("/renew")
    ]


def old_lease_revived(record: Record) -> Diagnosis | None:
    """H37: the old code leases what has been moved; the lease is in the old format, and stays there."""
    cases = []
    for write in chosen(record.writes, OLD_LEASE, verb="put"):
        if record.made_by_migration(write):
            continue
        task = write.key.removeprefix(OLD_LEASE)
        call = record.expectation.calls[write.invocation]
        copied = [
            w
            for w in record.versions.to(NEW_TASK + task)
            if record.made_by_migration(w) and w.index < write.index
        ]
        moved_later = any(
            record.made_by_migration(w) and w.index > write.index for w in record.versions.to(write.key)
        )
        copy = record.versions.at(NEW_TASK + task, write.at)
        if call.status == 200 and copied and copy is not None and not moved_later:
            refused = _refused_renewals(record, call.actor, task, write.at)
            cases.append(Case(task, (of_write(copied[-1]), of_write(write), of_call(call), *refused)))
    return diagnosed(
        "H37", "{n} task{s} {were} leased in the old format after the move: an orphan lease", cases, "I9"
    )


def completed_while_copied(record: Record) -> Diagnosis | None:
    """H38: a task is completed, and a copy of it lives on."""
    late: list[Case] = []
    before: list[Case] = []
    for write in chosen(record.writes, NEW_TASK, verb="put"):
        if not record.made_by_migration(write):
            continue
        task = write.key.removeprefix(NEW_TASK)
        completion = _completion(record, task)
        second_life = [] if completion is None else _second_life(record, task, write, completion)
        if completion is None or not second_life:
            continue
        read = last_get(record, write.invocation, OLD_TASK + task, write.at)
        completed = [
            of_write(one)
            for one in record.versions.to(OLD_TASK + task)
            if one.invocation == completion.invocation
        ]
        if not completed:  # by new code, which leaves the original to be copied again: H42
            continue
        evidence = [
            *([of_read(read)] if read else []),
            of_write(completion),
            *completed,
            of_write(write),
            *second_life,
        ]
        (late if completion.index < write.index else before).append(Case(task, evidence))
    if late:
        return diagnosed(
            "H38",
            "{n} task{s} {were} completed while being copied, and the copy brought back what was done",
            late,
            "I5",
        )
    return diagnosed(
        "H38", "{n} task{s} {were} completed by old code after the copy, and the copy stayed", before, "I5"
    )


def _completion(record: Record, task: str) -> Event | None:
    """The first result that somebody posted."""
    return next(
        (
            write
            for write in record.versions.to(RESULT + task)
            if write.verb == "put" and not record.made_by_migration(write)
        ),
        None,
    )


def _second_life(record: Record, task: str, copy: Event, completion: Event) -> list[Moment]:
    """Who was given the task after everybody could see it done, or that it is still there in the end."""
    since = max(copy.at, completion.at + record.expectation.window)
    again = [one for one in claims(record) if one.task == task and one.write.at > since]
    if again:
        return [of_call(claim.call) for claim in again[:2]]
    if NEW_TASK + task in record.final.entries and RESULT + task in record.final.entries:
        return [Moment(record.ended, "everybody", f"{NEW_TASK}{task} is still there, beside its result")]
    return []


TRAFFIC = (
    enqueued_during_the_run,
    claimed_before_its_lease_moved,
    new_lease_overwritten,
    old_lease_revived,
    completed_while_copied,
)
