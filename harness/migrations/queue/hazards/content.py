"""What becomes of a task's bytes and metadata: H54 to H57."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.reading import copies
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_read, of_write
from harness.migrations.queue.state import BROKEN, parsed
from harness.model.log import chosen
from harness.model.verdict import Moment
from kvstore import Event


def metadata_lost(record: Record) -> Diagnosis | None:
    """H54: the copy has no metadata, or another."""
    cases = (
        _copied(task, write, f" had the metadata {old.metadata}", f" with the metadata {new.metadata}")
        for task, write, old, new in copies(record, NEW_TASK)
        if old.metadata is not None and new.metadata != old.metadata
    )
    return diagnosed("H54", "{n} task{s} lost {their} metadata on the way", cases, "I6")


def rewritten(record: Record) -> Diagnosis | None:
    """H55: a value that was parsed and written again is not the same: numbers rounded, formatting lost."""
    cases = (
        _copied(task, write, f" held {_text(old.value)}", f": {_text(new.value)}")
        for task, write, old, new in copies(record, NEW_TASK)
        if new.value != old.value
    )
    return diagnosed("H55", "{n} task{s} {were} parsed and written again, and changed by it", cases, "I6")


def _copied(task: str, write: Event, before: str, after: str) -> Case:
    """A copy, beside what the old entry was."""
    texts = (f"{OLD_TASK}{task}{before}", f"put {write.key}{after}")
    return Case(task, tuple(Moment(write.at, write.invocation, text) for text in texts))


def falsy(record: Record) -> Diagnosis | None:
    """H56: a value that JavaScript takes for false is taken for none, and the task is never moved."""
    cases = [
        Case(task, (of_read(read), of_call(run), *_deletions_of_the_list(record, read.at)))
        for run, task, read in _failures(record, "not found in old queue")
        if not _is_truthy(read)
        and not any(write.verb == "put" for write in record.versions.to(NEW_TASK + task))
    ]
    return diagnosed(
        "H56", "{n} task{s} with a falsy value {were} called not found and left behind", cases, "I2"
    )


def corrupt(record: Record) -> Diagnosis | None:
    """H57: a body that is no JSON: a claim leases it and dies, the migration fails it and loses it."""
    cases = [*_poisoned_claims(record), *_lost_by_the_run(record)]
    return diagnosed(
        "H57", "{n} task{s} that {are} no JSON broke claims, or the migration lost {their} body", cases, "I28"
    )


def _poisoned_claims(record: Record) -> Iterator[Case]:
    """The lease was put, reading the task failed, and the lease stays."""
    for call in record.to("POST", "/api/queue/claim"):
        if call.status != 500:
            continue
        operations = record.operations.get(call.name, ())
        last = operations[-1] if operations else None
        if last is None or last.verb != "get" or not _is_broken(last):
            continue
        task = last.key.removeprefix(OLD_TASK).removeprefix(NEW_TASK)
        leased = [
            write
            for write in record.versions.by(call.name)
            if write.key in (OLD_LEASE + task, NEW_LEASE + task)
        ]
        if leased and leased[-1].verb == "put":
            yield Case(task, (of_write(leased[-1]), of_read(last), of_call(call)))


def _lost_by_the_run(record: Record) -> Iterator[Case]:
    """The run failed it, nobody kept its body, and afterwards nothing names it any more."""
    for run, task, read in _failures(record, ""):
        if _is_broken(read):
            gone = _deletions_of_the_list(record, read.at)
            if gone and not _is_put_anywhere(record, read):
                yield Case(task, (of_read(read), *gone, of_call(run)))


def _is_put_anywhere(record: Record, read: Event) -> bool:
    """Whether the bytes that were read are written again: into the new format, or into quarantine."""
    assert read.entry is not None, "it was read"
    return any(
        write.entry is not None and write.entry.value == read.entry.value and write.at >= read.at
        for write in record.writes
    )


def _failures(record: Record, why: str) -> Iterator[tuple[Call, str, Event]]:
    """The old tasks that a run read and found, and said to have failed: the run, the id, and the read."""
    for run in record.runs:
        said = str(run.answer)  # not kept: it may say something of every task
        for event in chosen(record.operations.get(run.name, ()), OLD_TASK, verb="get"):
            if event.entry is not None:
                task = event.key.removeprefix(OLD_TASK)
                if f"Task {task}: {why}" in said:
                    yield run, task, event


def _deletions_of_the_list(record: Record, since: int) -> list[Moment]:
    return [
        of_write(write)
        for write in record.versions.to(PENDING)
        if write.verb == "delete" and write.at >= since and record.made_by_migration(write)
    ][:1]


def _is_broken(read: Event) -> bool:
    return read.entry is not None and parsed(read.entry) is BROKEN


def _is_truthy(read: Event) -> bool:
    value = None if read.entry is None else parsed(read.entry)
    return isinstance(value, list | dict) or bool(value)


def _text(value: bytes, most: int = 160) -> str:
    text = value.decode(errors="replace")
    return text if len(text) <= most else f"{text[:most]}…"


CONTENT = (metadata_lost, rewritten, falsy, corrupt)
