"""I14 Guarded delete: an old task is deleted only when its copy has been seen by everybody, or it is over."""

import math

from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, QUARANTINE, RESULT
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import Span, is_work
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def guarded_delete(record: Record) -> Verdict:
    groups: dict[str, list[str]] = {"none": [], "other": [], "entry": [], "young": []}
    expectation, deleted = record.expectation, 0
    for task, spans in expectation.under(OLD_TASK):
        for span in spans:
            event = span.ended_by
            if event is None or event.verb != "delete" or not record.made_by_migration(event):
                continue
            if expectation.before(RESULT + task, event.index, event.at):
                continue
            deleted += 1
            why = _unguarded(record, task, span)
            if why:
                groups[why].append(task)
    return verdict(
        "I14",
        "Guarded delete: originals are deleted when their copies have been seen by everybody",
        [
            timeline.finding(record, "{n} old task{s} {were} deleted without a copy", groups["none"]),
            timeline.finding(
                record, "{n} old task{s} {were} deleted whose copy has other bytes", groups["other"]
            ),
            timeline.finding(
                record,
                "{n} old task{s} {were} deleted whose copy has another end or other metadata",
                groups["entry"],
            ),
            timeline.finding(
                record,
                "{n} old task{s} {were} deleted before {their} copy could be seen everywhere",
                groups["young"],
                "H19",
            ),
        ],
        looked=deleted,
        at="deleted originals",
    )


def _unguarded(record: Record, task: str, original: Span) -> str | None:
    """What was missing when an original was deleted; None if it was guarded."""
    event, expectation = original.ended_by, record.expectation
    assert event is not None
    kept = [
        span
        for prefix in (NEW_TASK, QUARANTINE)
        if (span := expectation.before(prefix + task, event.index, event.at)) is not None
    ]
    if not kept:
        return "none"
    if record.scenario.migration == "safe" and _is_other_entry(kept, original):
        return "entry"
    true = [span for span in kept if _is_equal(span, original) or _is_later(span, original)]
    if not true:
        return "other"
    # Quarantine keeps what a task of the new format lacks; who looks for the task finds that.
    shown = [*true, *(span for span in kept if span.key.startswith(NEW_TASK))]
    old_enough = event.at - expectation.window
    return None if any(_shown_since(record, span, original) <= old_enough for span in shown) else "young"


def _is_other_entry(kept: list[Span], original: Span) -> bool:
    """Whether the same bytes were there to another end or with other metadata, and not in quarantine.

    A task that a worker wrote in the new format since is no copy: it keeps its own end and metadata.
    """
    new = [span for span in kept if span.key.startswith(NEW_TASK) and _is_equal(span, original)]
    same = [span for span in new if _says(span) == _says(original) or _is_later(span, original)]
    return bool(new) and not same and not any(span.key.startswith(QUARANTINE) for span in kept)


def _says(span: Span) -> object:
    return span.entry.expiration, span.entry.metadata


def _is_equal(span: Span, original: Span) -> bool:
    return span.entry.value == original.entry.value


def _is_later(span: Span, original: Span) -> bool:
    """Whether a task in the new format counts more than its original.

    It was there before, or a worker or a producer wrote it since the original was written.
    """
    theirs = span.key.startswith(NEW_TASK) and not span.from_operator
    return theirs and span.begin >= original.begin and is_work(span.entry)


def _shown_since(record: Record, span: Span, original: Span) -> float:
    """Since when whoever looks where ``span`` is finds the task there, however late they see.

    A copy that replaced a copy was seen before, and so was what a worker changed, if not as it is now.
    """
    assert original.ended_by is not None
    since = span
    for before in reversed(record.expectation.of(span.key)):
        follows = (before.last, before.end) == (since.first, since.begin)
        # Who sees an entry late does not see it after its expiration: there may be a longer one by now.
        lasts = before.due > original.ended_by.at
        if follows and lasts and (_is_equal(before, original) or not since.from_operator):
            since = before
    return -math.inf if since.first < 0 else since.begin
