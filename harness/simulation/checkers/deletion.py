"""I14 Guarded delete: an old task is deleted only when its copy has been seen by everybody, or it is over."""

from harness.layout import NEW_TASK, OLD_TASK, QUARANTINE, RESULT
from harness.simulation import moments
from harness.simulation.record import Record
from harness.simulation.truth import RUN, Span
from harness.verdict import Verdict, verdict


def guarded_delete(record: Record) -> Verdict:
    groups: dict[str, list[str]] = {"none": [], "other": [], "young": []}
    truth = record.truth
    for task, spans in truth.under(OLD_TASK):
        for span in spans:
            event = span.ended_by
            if event is None or event.verb != "delete":
                continue
            call = truth.calls.get(event.invocation)
            if call is None or call.path != RUN or truth.before(RESULT + task, event.index, event.at):
                continue
            why = _unguarded(record, task, span)
            if why:
                groups[why].append(task)
    return verdict(
        "I14",
        "Guarded delete: originals are deleted when their copies have been seen by everybody",
        [
            moments.finding(record, "{n} old task{s} {were} deleted without a copy", groups["none"]),
            moments.finding(
                record, "{n} old task{s} {were} deleted whose copy has other bytes", groups["other"]
            ),
            moments.finding(
                record,
                "{n} old task{s} {were} deleted before {their} copy could be seen everywhere",
                groups["young"],
                "H19",
            ),
        ],
    )


def _unguarded(record: Record, task: str, original: Span) -> str | None:
    """What was missing when an original was deleted; None if it was guarded."""
    event, truth = original.ended_by, record.truth
    assert event is not None
    kept = [
        span
        for prefix in (NEW_TASK, QUARANTINE)
        if (span := truth.before(prefix + task, event.index, event.at)) is not None
    ]
    if not kept:
        return "none"
    # What a worker changed in the new format since counts more than the original.
    changed = any(not span.from_operator for span in kept)
    copies = truth.stored(task, NEW_TASK, QUARANTINE)
    equal = [span for span in copies if span.entry.value == original.entry.value and span.begin <= event.at]
    if not equal:
        return None if changed else "other"
    old_enough = event.at - truth.window
    # A worker that sees both writes both: everybody sees the task in the new format, if not as it is now.
    if changed and truth.was_steady(NEW_TASK + task, old_enough, event.at):
        return None
    return None if any(span.begin <= old_enough for span in (*equal, *kept)) else "young"
