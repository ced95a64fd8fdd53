"""I20 Write rate: no key is written twice within a second."""

from harness import Call
from harness.migrations.queue import layout
from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Moment, Verdict, verdict
from kvstore import Event

_SECOND_MS = 1000
_LIMITER = "ratelimit:"
_KINDS = {
    "the limiter's counter": (_LIMITER,),
    "the pending list": (layout.PENDING,),
    "a lease": layout.LEASES,
    "a task": (*layout.TASKS, layout.QUARANTINE),
    "a result": (layout.RESULT,),
    "a note of the migration": (layout.NOTES,),
    "an event": ("event:",),
}
_HAZARDS = {"the limiter": "H25", "a lease": "H25", "the pending list": "H27"}


def write_rate(record: Record) -> Verdict:
    groups: dict[str, dict[str, list[str]]] = {}
    for invocation, key in _too_fast(record):
        call = record.expectation.calls.get(invocation)
        if answers_for(record, call):
            groups.setdefault(_kind(key, call), {}).setdefault(key, []).append(invocation)
    return verdict(
        "I20",
        "Write rate: no key is written twice within a second",
        [
            timeline.shown_by(
                f"{{n}} key{{s}} {{were}} written twice within a second: {kind}",
                keys,
                _writes(record, keys),
                *(known for name, known in _HAZARDS.items() if kind.startswith(name)),
            )
            for kind, keys in groups.items()
        ],
        looked=len(record.writes),
        at="writes",
    )


def _kind(key: str, call: Call | None) -> str:
    kind = next((name for name, prefixes in _KINDS.items() if key.startswith(prefixes)), "a key")
    by = "the migration" if call is not None and call.path.startswith("/api/migrate") else "the queue"
    return f"{kind}, by {by}"


def _writes(record: Record, keys: dict[str, list[str]]) -> list[Moment]:
    """Every write of the first of the keys, by those who were too fast."""
    key, names = next(iter(keys.items()))
    events = [event for name in names for event in record.operations.get(name, ()) if event.key == key]
    return [timeline.of_read(event) for event in events if event.verb in ("put", "delete")]


def _too_fast(record: Record) -> list[tuple[str, str]]:
    """The invocation and the key of every write that was one too many, refused, lost, or neither.

    One that came too soon only after writes for which nobody answers is none.
    """
    found = [
        (event.invocation, event.key)
        for event in (*record.refused, *record.lost)
        if event.verb in ("put", "delete") and event.code == "write-rate"
        if not _follows_foreign_writes(record, event)
    ]
    judged: dict[str, Event] = {}
    for event in record.writes:
        if _counts(record, event):
            before = judged.get(event.key)
            if (
                before is not None
                and event.at - before.at < _SECOND_MS
                and _is_avoidable(record, before, event)
            ):
                found.append((event.invocation, event.key))
            if _is_judged(record, event):
                judged[event.key] = event
    return found


def _is_avoidable(record: Record, before: Event, event: Event) -> bool:
    """Whether one of two writes could have waited for the other.

    Without a coordinator two requests know nothing of each other, and only the guide's Worker answers for
    that; steps of one migration do.
    """
    scenario = record.scenario
    if scenario.claims == "coordinator" or scenario.migration == "documented":
        return True
    if before.invocation == event.invocation:
        return not _is_taken_back(record, event)
    theirs = record.made_by_migration(before) and record.made_by_migration(event)
    return theirs and scenario.operators == 1


def _is_taken_back(record: Record, event: Event) -> bool:
    """Whether a claim deletes a lease: one that lost does so as soon as it sees that; what KV keeps ends."""
    call = record.expectation.calls.get(event.invocation)
    is_claim = call is not None and call.path == "/api/queue/claim"
    return is_claim and event.verb == "delete" and event.key.startswith(layout.LEASES)


def _follows_foreign_writes(record: Record, refused: Event) -> bool:
    """Whether all that was written in the second before was written by those for whom nobody answers."""
    before = [
        event
        for event in record.versions.to(refused.key)
        if 0 <= refused.at - event.at < _SECOND_MS and _counts(record, event)
    ]
    theirs = [event for event in before if _is_judged(record, event)]
    return bool(before) and not any(_is_avoidable(record, event, refused) for event in theirs)


def _counts(record: Record, event: Event) -> bool:
    """Whether something that was done to a key is a write to these conditions."""
    return event.verb == "put" or record.scenario.platform.allowance.deletes_are_writes


def _is_judged(record: Record, event: Event) -> bool:
    return answers_for(record, record.expectation.calls.get(event.invocation))
