"""I27 Order: a claim gets the first of the free tasks, by the order that the format declares.

The old format's is that of the pending list, the documented new one's that of the ids' bytes; careful claims
go by ``queuedAt`` and id, as long as there are no more tasks than one operation reads.
"""

from harness import Call
from harness.migrations.queue.checkers.ending import answers_for, was_alone
from harness.migrations.queue.checkers.freedom import is_free
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import parsed
from harness.model.verdict import Verdict, verdict

# As many candidates as careful claims read at a time.
_CHUNK = 20


def order(record: Record) -> Verdict:
    passed: dict[str, dict[str, None]] = {}
    granted = 0
    for call in record.to("POST", "/api/queue/claim"):
        got = call.outcome == "ok" and call.member("success") is True
        judged = got and (answers_for(record, call) or was_alone(record, call))
        if judged and not _was_hindered(record, call):
            granted += 1
            for task in _passed_over(record, call):
                passed.setdefault(_name(record, call), {})[task] = None
    return verdict(
        "I27",
        "Order: claims take the first of the free tasks",
        [
            timeline.finding(record, f"{{n}} free task{{s}} {{were}} passed over, by {name}", tasks)
            for name, tasks in passed.items()
        ],
        looked=granted,
        at="granted claims",
    )


def _was_hindered(record: Record, call: Call) -> bool:
    return any(
        event.error and not event.key.startswith("ratelimit:")
        for event in record.operations.get(call.name, ())
    )


def _name(record: Record, call: Call) -> str:
    if call.stage == "old":
        return "the order of the pending list"
    return "the time at which they were queued" if _is_careful(record, call) else "the order of their ids"


def _is_careful(record: Record, call: Call) -> bool:
    return call.stage == "dual" or record.scenario.migration == "safe"


def _passed_over(record: Record, call: Call) -> list[str]:
    """Tasks that come before the one that was handed out, and were free all the time."""
    got = str(call.member("taskId"))
    if got not in record.expectation.stories or len(record.expectation.stories) > _CHUNK:
        return []
    if call.stage == "old":
        first = _listed_before(record, call, got)
    elif _is_careful(record, call):
        latest = min(_queued(record, got, call))
        first = [task for task in record.expectation.stories if max(_queued(record, task, call)) < latest]
    else:
        first = [task for task in record.expectation.stories if task.encode() < got.encode()]
    prefix = {"old": OLD_TASK, "new": NEW_TASK}.get(call.stage, "")
    return [task for task in first if is_free(record, task, call) and _is_in(record, prefix, task, call)]


def _is_in(record: Record, prefix: str, task: str, call: Call) -> bool:
    """Whether a task was where the format looks; the format for both looks everywhere."""
    return not prefix or record.expectation.was_steady(prefix + task, *record.expectation.evidence(call))


def _listed_before(record: Record, call: Call, got: str) -> list[str]:
    """The ids that stood before ``got`` in every pending list that can have been read."""
    lists = record.expectation.lists_during(*record.expectation.evidence(call))
    ahead = [ids[: ids.index(got)] if got in ids else [] for ids in lists]
    return [task for task in ahead[0] if all(task in ids for ids in ahead)] if ahead else []


def _queued(record: Record, task: str, call: Call) -> list[tuple[str, bytes]]:
    """Every place in the order that a task had while the claim could look at it."""
    begin, end = record.expectation.evidence(call)
    spans = [
        span
        for prefix in (OLD_TASK, NEW_TASK)
        for span in record.expectation.during(prefix + task, begin, end)
    ]
    bodies = [parsed(span.entry) for span in spans]
    times = [body.get("queuedAt") if isinstance(body, dict) else None for body in bodies]
    return [(time if isinstance(time, str) else "", task.encode()) for time in times or [None]]
