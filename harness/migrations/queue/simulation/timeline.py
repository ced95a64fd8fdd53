"""Tells what happened, event by event, in words: the material of an argument."""

from collections.abc import Callable, Iterable, Sequence

from harness import Call
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import Lease
from harness.model.verdict import Finding, Moment
from harness.model.verdict import finding as verdict_finding
from kvstore import Event

# An argument that needs more events than these is none that anybody follows.
MOST: int = 10


def of_write(event: Event) -> Moment:
    """A put or a delete that was carried out."""
    return Moment(event.at, event.invocation, f"{event.verb} {event.key}{_holder(event)}")


def of_read(event: Event) -> Moment:
    """What a Worker asked of KV, and was told."""
    told = (
        f" → {event.error}"
        if event.error
        else " → nothing"
        if event.verb == "get" and not event.entry
        else ""
    )
    return Moment(event.at, event.invocation, f"{event.verb} {event.key}{told}")


def of_call(call: Call) -> Moment:
    """A request with its answer, when that came."""
    status = "no answer" if call.status is None else str(call.status)
    said = "".join(
        f", {name} {call.member(name)}" for name in ("taskId", "message", "error") if call.member(name)
    )
    return Moment(call.answered, call.name, f"{call.method} {call.path} → {status}{said} ({call.colo})")


def about(record: Record, task: str, also: Callable[[Call], bool] = lambda call: False) -> tuple[Moment, ...]:
    """What was done to the keys of one task, and the answers that named it; the last `MOST` of it."""
    writes = [of_write(event) for event in record.writes if event.key.endswith(f":{task}")]
    calls = [of_call(call) for call in record.calls if names(call, task) or also(call)]
    return shortened(sorted([*writes, *calls]))


def names(call: Call, task: str) -> bool:
    """Whether a request is about a task: it was claimed by it, or is in its path, or was accepted by it."""
    return f"/{task}" in call.path or task in (call.member("taskId"), call.member("eventId"))


def shortened(moments: Iterable[Moment]) -> tuple[Moment, ...]:
    """The first three and the last seven of too many."""
    every = list(moments)
    return tuple(every if len(every) <= MOST else [*every[:3], *every[-(MOST - 3) :]])


def _holder(event: Event) -> str:
    if event.entry is None or ":lease:" not in event.key:
        return ""
    lease = Lease.read(event.entry)
    return f" for {lease.worker} until {lease.expires_at}" if lease is not None else ""


def finding(record: Record, what: str, tasks: Iterable[str], *hazards: str) -> Finding | None:
    """A finding about ``tasks`` with the events of the first of them; None when there are none."""
    named = tuple(tasks)
    if not named:
        return None
    return verdict_finding(what, named, *hazards, show=lambda: about(record, named[0]))


def shown_by(
    what: str, keys: Iterable[str], shown: Sequence[Call | Event | Moment], *hazards: str
) -> Finding | None:
    """A finding about ``keys`` that requests, writes or other events show best, in order of time."""
    return verdict_finding(what, keys, *hazards, show=lambda: shortened(sorted(map(_moment, shown))))


def of_calls(what: str, calls: Sequence[Call], *hazards: str) -> Finding | None:
    """A finding about requests, by their names."""
    return shown_by(what, [call.name for call in calls], calls, *hazards)


def _moment(shown: Call | Event | Moment) -> Moment:
    if isinstance(shown, Call):
        return of_call(shown)
    return of_write(shown) if isinstance(shown, Event) else shown
