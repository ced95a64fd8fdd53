"""What a step of a safe migration, or what is asked beside it, says of failures. Part of I16."""

from typing import Final

from harness import Call
from harness.migrations.queue import layout
from harness.migrations.queue.simulation.expectation import ROLLBACK, RUN
from harness.migrations.queue.simulation.record import Record
from harness.model.log import chosen
from kvstore import Event

# Where a step copies to, forward and back: tasks, and leases.
TO: Final = {RUN: layout.NEW, ROLLBACK: layout.OLD}
# From where a step moves.
FROM: Final = {RUN: layout.OLD, ROLLBACK: layout.NEW}
# What a step's two sections are about.
_ABOUT: Final = {"tasks": (*layout.TASKS, layout.QUARANTINE), "leases": layout.LEASES}


def texts_of(call: Call, name: str) -> list[str]:
    """The items of a member of an answer; none where it is no list."""
    found = call.raw(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def errors_of(call: Call) -> list[str]:
    errors = call.member("errors")
    return [str(error) for error in errors] if isinstance(errors, list) else []


def praises_itself(record: Record, call: Call) -> bool:
    if call.status == 409 or (call.status == 500 and call.path not in FROM):
        return bool(call.member("success") is not False)
    clean = not errors_of(call)
    partly = not clean and call.status not in (207, 500)
    return call.member("success") is not clean or (call.status == 200) is not clean or partly


def counts_failures_wrong(record: Record, call: Call) -> bool:
    total = call.member("totalFailed")
    return call.path == RUN and total != len(errors_of(call))


def hides_failures(record: Record, call: Call) -> bool:
    """Whether something failed for it, and was not carried out all the same, and it says nothing of that."""
    failed = list(chosen(record.operations.get(call.name, ()), failed=True))
    if errors_of(call) or not failed:
        return False
    done = {(event.verb, event.key) for event in record.versions.by(call.name)}
    return any((one.verb, one.key) not in done and not is_there(record, call, one) for one in failed)


def is_there(record: Record, call: Call, event: Event) -> bool:
    """Whether a key holds the value of a put that failed."""
    there = record.expectation.during(event.key, event.at, call.answered)
    put = event.entry if event.verb == "put" else None
    return put is not None and any(span.entry.value == put.value for span in there)


def fails_for_nothing(record: Record, call: Call) -> bool:
    """Whether it reports a failure though nothing failed, and no place in quarantine is taken.

    A copy that is stored, and was not confirmed, has not failed where a read shows it at once. After a write
    that came too soon the Worker does not read.
    """
    if not errors_of(call) or _is_place_taken(call):
        return False
    failed = chosen(record.operations.get(call.name, ()), failed=True)
    can_tell = not record.expectation.window
    return all(
        can_tell
        and event.verb == "put"
        and event.code != "write-rate"
        and event.key.startswith((*TO[call.path], layout.QUARANTINE))
        and is_there(record, call, event)
        for event in failed
    )


def blames_nothing(record: Record, call: Call) -> bool:
    """Whether what it reports is neither what an operation failed with nor about a place in quarantine."""
    failed = [event.error or "" for event in chosen(record.operations.get(call.name, ()), failed=True)]
    told = [error for error in errors_of(call) if layout.QUARANTINE not in error]
    return bool(failed) and not all(any(why in error for why in failed) for error in told)


def _is_place_taken(call: Call) -> bool:
    """Whether a task failed because something else is in its place in quarantine: no operation fails then."""
    return layout.QUARANTINE in " ".join(errors_of(call))


def blames_other(record: Record, call: Call) -> bool:
    """Whether it tells of failed leases where only writes of tasks failed, or the other way round.

    What is read of a task is also read for its lease.
    """
    events = list(chosen(record.operations.get(call.name, ()), failed=True))
    if _is_place_taken(call) or not all(event.verb in ("put", "delete") for event in events):
        return False
    failed = [event.key for event in events]
    return any(
        bool(failed)
        and all(key.startswith(_ABOUT[one]) for key in failed)
        and bool(call.member(other, "failed"))
        for one, other in (("tasks", "leases"), ("leases", "tasks"))
    )
