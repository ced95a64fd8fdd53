"""I28 Poison containment: a task that cannot be worked on costs at most one failed claim."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, QUARANTINE
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import RUN, is_work
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import BROKEN, parsed
from harness.model.verdict import Verdict, verdict

_LEASES = (OLD_LEASE, NEW_LEASE)
_TOO_LONG = "exceeds key length limit"
# What JSON.parse and KV say of what is stored, not of what happens on the way.
_OF_THE_TASK = ("SyntaxError", "JSON", _TOO_LONG)


def poison(record: Record) -> Verdict:
    failed: dict[str, list[Call]] = {}
    claims = [call for call in record.to("POST", "/api/queue/claim") if answers_for(record, call)]
    for call in claims:
        if call.status == 500 and any(word in str(call.answer) for word in _OF_THE_TASK):
            task = _victim(record, call)
            if task is not None:
                failed.setdefault(task, []).append(call)
    often = {task: calls for task, calls in failed.items() if len(calls) > 1}
    calls = [call for calls in often.values() for call in calls]
    return verdict(
        "I28",
        "Poison containment: a corrupt task costs one failed claim at most",
        [
            timeline.shown_by(
                f"{{n}} corrupt task{{s}} made claim after claim fail, {len(calls)} in all",
                often,
                next(iter(often.values()), []),
                "H57" if not any(_TOO_LONG in str(call.answer) for call in calls) else "H63",
            ),
            timeline.finding(
                record,
                "{n} corrupt task{s} {were} copied, and not put into quarantine",
                dict.fromkeys(_copied(record)),
            ),
            timeline.finding(
                record,
                "{n} task{s} that nothing is wrong with {were} put into quarantine",
                dict.fromkeys(_put_away(record)),
            ),
        ],
        looked=len(claims),
        at="claims",
    )


def _copied(record: Record) -> Iterator[str]:
    """The tasks whose body is not JSON, and that a safe migration copied into the new format all the same."""
    if record.scenario.migration == "safe":
        for span, _ in record.expectation.put_by(RUN, NEW_TASK):
            if parsed(span.entry) is BROKEN:
                yield span.key.removeprefix(NEW_TASK)


def _put_away(record: Record) -> Iterator[str]:
    """The tasks whose body is work, and that a run put into quarantine though nothing was in their place."""
    for span, call in record.expectation.put_by(RUN, QUARANTINE):
        task = span.key.removeprefix(QUARANTINE)
        begin, end = record.expectation.evidence(call)
        if is_work(span.entry) and not record.expectation.during(NEW_TASK + task, begin, end):
            yield task


def _victim(record: Record, call: Call) -> str | None:
    """The task that a claim failed on: it had put its lease last, or could not even do that.

    A claim that reads a task before it leases it fails on one that cannot be worked on.
    """
    if _TOO_LONG in str(call.answer):
        return next(
            (t for t in record.expectation.stories if len(OLD_LEASE + t) > 512 or len(NEW_LEASE + t) > 512),
            None,
        )
    keys = [event.key for event in record.operations.get(call.name, ()) if event.verb == "put"]
    leases = [key for key in keys if key.startswith(_LEASES)]
    if leases:
        return leases[-1].partition(":lease:")[2]
    begin, end = record.expectation.evidence(call)
    return next((task for task in record.expectation.stories if _is_no_work(record, task, begin, end)), None)


def _is_no_work(record: Record, task: str, begin: int, end: int) -> bool:
    spans = [
        span
        for prefix in (OLD_TASK, NEW_TASK)
        for span in record.expectation.during(prefix + task, begin, end)
    ]
    return any(not is_work(span.entry) for span in spans)
