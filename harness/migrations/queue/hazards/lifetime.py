"""How long the copies live: H49 to H53."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.reading import copies
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_write
from harness.model.verdict import Moment
from kvstore import Entry, Event

# KV gives no key a shorter life, in seconds.
_LEAST = 60


def life_renewed(record: Record) -> Diagnosis | None:
    """H49: the copy of a task ends later than the task would have ended."""
    cases = (
        Case(task, _evidence(OLD_TASK + task, write, old, new))
        for task, write, old, new in copies(record, NEW_TASK)
        if _later(old, new)
    )
    return diagnosed(
        "H49", "{n} task{s} {were} given a new life of an hour by the migration: executed late", cases, "I7"
    )


def end_given(record: Record) -> Diagnosis | None:
    """H50: a task that was to stay for ever gets an end."""
    cases = _ended(record, OLD_TASK, NEW_TASK)
    return diagnosed("H50", "{n} task{s} without expiration will die: the copy has one", cases, "I7")


def _ended(record: Record, prefix: str, copied: str) -> Iterator[Case]:
    """Copies with an end of what had none."""
    for task, write, old, new in copies(record, copied):
        if old.expiration is None and new.expiration is not None:
            yield Case(task, _evidence(prefix + task, write, old, new))


def last_minute(record: Record) -> Diagnosis | None:
    """H51: what had less than a minute left gets a minute, or an hour, or cannot be copied."""
    cases = [
        Case(task, _evidence(prefix + task, write, old, new))
        for copied, prefix in ((NEW_TASK, OLD_TASK), (NEW_LEASE, OLD_LEASE))
        for task, write, old, new in copies(record, copied)
        if old.expiration is not None
        and old.expiration * 1000 - write.at < _LEAST * 1000
        and _later(old, new)
    ]
    cases += [
        Case(error.split(":")[0], (of_call(run), Moment(run.answered, run.name, error)))
        for run in record.runs
        for error in _errors(run)
        if "400 Invalid expiration" in error
    ]
    return diagnosed(
        "H51", "{n} task{s} or lease{s} with less than a minute left did not end in time", cases, "I7", "I9"
    )


def endless_lease(record: Record) -> Diagnosis | None:
    """H52: a lease without expiration gets one, and what it blocked for ever is free."""
    cases = _ended(record, OLD_LEASE, NEW_LEASE)
    return diagnosed("H52", "{n} lease{s} without expiration will end: the copy has one", cases, "I9")


def short_lease(record: Record) -> Diagnosis | None:
    """H53: the schema allows leases that KV refuses; nothing was leased, and the answer is 500."""
    refused = [call for call in record.calls if call.status == 500 and _seconds(call) < _LEAST]
    cases = [
        Case(call.actor, [_told(other) for other in refused if other.actor == call.actor])
        for call in refused
        if "400 Invalid expiration_ttl" in str(call.answer)
    ]
    return diagnosed("H53", "{n} worker{s} asked for leases of less than a minute and got 500", cases, "I21")


def _seconds(call: Call) -> int:
    body = call.body if isinstance(call.body, dict) else {}
    asked = body.get("leaseDurationSec", body.get("extendSec"))
    return asked if isinstance(asked, int) else _LEAST


def _errors(run: Call) -> list[str]:
    errors = run.member("errors")
    return [error for error in errors if isinstance(error, str)] if isinstance(errors, list) else []


def _later(old: Entry, new: Entry) -> bool:
    return old.expiration is not None and (new.expiration is None or new.expiration > old.expiration)


def _told(call: Call) -> Moment:
    told = of_call(call)
    return Moment(told.at, told.who, f"{told.what}: {call.answer}")


def _evidence(key: str, write: Event, old: Entry, new: Entry) -> Iterator[Moment]:
    before, after = _end(old, write.at), _end(new, write.at)
    yield Moment(write.at, write.invocation, f"{key} {before}, its copy {after}")
    yield of_write(write)


def _end(entry: Entry, now: int) -> str:
    if entry.expiration is None:
        return "never ends"
    return f"ends in {entry.expiration - now // 1000} s"


LIFETIME = (life_renewed, end_given, last_minute, endless_lease, short_lease)
