"""I15 Pending guard: the pending list is deleted when no old task is left, and no more can come."""

from harness.migrations.queue.layout import OLD_TASK, PENDING, QUARANTINE, RESULT
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import RUN
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict
from kvstore import Event


def pending_guard(record: Record) -> Verdict:
    deletions = [span.ended_by for span in record.expectation.of(PENDING) if span.ended_by is not None]
    by_run = [event for event in deletions if event.verb == "delete" and _is_of_run(record, event)]
    left = {task: None for event in by_run for task in _left(record, event)}
    late = _late(record, by_run[-1]) if by_run else []
    return verdict(
        "I15",
        "Pending guard: the pending list goes when no old task is left, and no more can come",
        [
            timeline.shown_by(
                "{n} old task{s} {were} there when the pending list was deleted",
                left,
                [*by_run, *(m for task in list(left)[:1] for m in timeline.about(record, task))],
            ),
            timeline.shown_by(
                "{n} task{s} came in the old format after the pending list was deleted, and stayed there",
                late,
                [*by_run, *(moment for task in late[:1] for moment in timeline.about(record, task))],
                "H34",
            ),
        ],
        looked=len(by_run),
        at="deletions of the pending list",
    )


def _is_of_run(record: Record, event: Event) -> bool:
    call = record.expectation.calls.get(event.invocation)
    return call is not None and call.path == RUN


def _left(record: Record, event: Event) -> list[str]:
    """Old tasks without a result that are there right before a write, and in no quarantine."""
    expectation = record.expectation
    return [
        task
        for task, _ in expectation.under(OLD_TASK)
        if expectation.before(OLD_TASK + task, event.index, event.at)
        and not expectation.before(QUARANTINE + task, event.index, event.at)
        and not expectation.before(RESULT + task, event.index, event.at)
    ]


def _late(record: Record, event: Event) -> list[str]:
    """Tasks that somebody wrote to the old format later, and that nobody looks for there any more."""
    if record.deployed[-1][1] == "old":
        return []
    expectation = record.expectation
    return [
        task
        for task, spans in expectation.under(OLD_TASK)
        if spans[-1].first > event.index and not spans[-1].from_operator and task in record.final.old_tasks
        if task not in record.final.results
    ]
