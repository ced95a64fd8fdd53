"""I7 Deadline: a copy expires when its original would have; so does a task whose status was set while both
formats were there."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.checkers.copies import Copy, copies
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, QUARANTINE
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import Span
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict

# A put in the last minute of a task gives it a minute, which is the least that KV gives.
_LEAST_SECONDS = 60
_TASKS = (OLD_TASK, NEW_TASK, QUARANTINE)


def deadline(record: Record) -> Verdict:
    groups: dict[str, dict[str, None]] = {}
    is_safe, leases, copied = record.scenario.migration == "safe", dict[str, None](), 0
    for one in copies(record):
        if one.prefix in _TASKS:
            copied += 1
            ends = [original.entry.expiration for original in one.originals]
            change = _change(one.span.entry.expiration, ends)
            if change != "same":
                groups.setdefault(change, {})[one.task] = None
        elif is_safe and not _is_same(one):
            leases[one.task] = None
    reset = dict.fromkeys(_reset(record))
    return verdict(
        "I7",
        "Deadline: every task keeps the moment at which it expires",
        [
            timeline.finding(record, "{n} task{s} now expire{es} earlier", groups.get("earlier", ()), "H49"),
            timeline.finding(record, "{n} task{s} now expire{es} later", groups.get("later", ()), "H49"),
            timeline.finding(
                record, "{n} permanent task{s} now {do} expire", groups.get("mortal", ()), "H50"
            ),
            timeline.finding(record, "{n} task{s} {have} lost {their} deadline", groups.get("permanent", ())),
            timeline.finding(record, "{n} lease{s} {were} copied to another end", leases),
            timeline.finding(
                record, "{n} task{s} got more time from a status update during the migration", reset
            ),
        ],
        looked=copied + len(reset),
        at="copied tasks",
    )


def _is_same(copy: Copy) -> bool:
    return any(one.entry.expiration == copy.span.entry.expiration for one in copy.originals)


def _change(now: int | None, before: list[int | None]) -> str:
    if now in before:
        return "same"
    if now is None:
        return "permanent"
    if None in before:
        return "mortal"
    return "later" if all(now > end for end in before if end is not None) else "earlier"


def _reset(record: Record) -> Iterator[str]:
    """Tasks that a status update gave more time than they had, beyond what nobody could know."""
    expectation = record.expectation
    for task in expectation.stories:
        for span in expectation.stored(task, OLD_TASK, NEW_TASK):
            call = expectation.calls.get(span.writer)
            if call is None or not call.path.endswith("/status") or not _is_answered_for(record, call):
                continue
            since = call.sent - expectation.window
            before = [
                one
                for prefix in (OLD_TASK, NEW_TASK)
                for one in expectation.during(prefix + task, since, span.begin)
                if one != span
            ]
            if before and span.due > _latest(before, expectation.window, call.answered):
                yield task


def _is_answered_for(record: Record, call: Call) -> bool:
    """Whether a Worker keeps deadlines: that for both formats, and the new one of a safe migration."""
    return call.stage == "dual" or (call.stage == "new" and record.scenario.migration == "safe")


def _latest(before: list[Span], window: int, now: int) -> float:
    """The latest end that may be given; listings, which alone show it, do not show the youngest yet."""
    young = any(span.writer.startswith("producer") and span.begin > now - 2 * window for span in before)
    end = max(span.due for span in before)
    least = now + 1000 * _LEAST_SECONDS
    return max(end + (2 * window if young else 0), least)
