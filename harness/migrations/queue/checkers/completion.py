"""I2 Completion: in the end the new format holds the live tasks, all of them and nothing else."""

from harness.migrations.queue.checkers.ending import AT, is_migrated, is_over, owed
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, PENDING, QUARANTINE
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import is_day_over
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import BROKEN, parsed
from harness.model.verdict import Verdict, verdict

_TITLE = "Completion: the new format holds every live task, the old one nothing"


def completion(record: Record) -> Verdict:
    if not is_migrated(record):
        return verdict("I2", _TITLE, [], looked=0, at=AT)
    final = record.final
    left = dict.fromkeys(
        task
        for task in owed(record, record.ended)
        if task not in final.new_tasks and task not in final.quarantined
    )
    is_short = bool(record.scenario.walk and record.runs) and is_day_over(record.runs[-1])
    groups: dict[tuple[str, ...], list[str]] = {}
    orphans = frozenset(record.start.orphans) if left else frozenset[str]()
    for task in left:
        groups.setdefault(_reason(record, task, orphans, is_short), []).append(task)
    remnants = [task for task in final.old_tasks if task not in left]
    return verdict(
        "I2",
        _TITLE,
        [
            *(
                timeline.finding(
                    record, "{n} live task{s} {are} not in the new format: " + why, tasks, *known
                )
                for (why, *known), tasks in groups.items()
            ),
            timeline.finding(
                record,
                "{n} completed task{s} {are} in the new format",
                [task for task in final.new_tasks if is_over(record, task)],
            ),
            timeline.finding(record, "{n} other task{s} {are} still in the old format too", remnants),
            timeline.finding(record, "{n} lease{s} {are} still in the old format", final.old_leases),
            timeline.shown_by(
                "the pending list is there again or still",
                [PENDING] if PENDING in final.entries else [],
                record.versions.to(PENDING),
            ),
        ],
        looked=len(record.expectation.stories),
        at=AT,
    )


def _reason(record: Record, task: str, orphans: frozenset[str], is_short: bool) -> tuple[str, ...]:
    """Why a task was left behind, and the hazards that are certain from that."""
    expectation = record.expectation
    spans = expectation.stored(task, OLD_TASK)
    if not spans:
        return ("it was there before", "H45") if expectation.of(NEW_TASK + task) else ("it was never copied",)
    if task not in record.final.old_tasks:
        kept = expectation.stored(task, NEW_TASK, QUARANTINE)
        return ("a copy was made, and is gone",) if kept else ("it was deleted",)
    first_run = record.runs[0].sent if record.runs else record.ended
    if spans[0].begin > first_run:
        return ("arrived in the old format during the run, or after it", "H34")
    body = parsed(spans[0].entry)
    if body is BROKEN:
        return ("the body is not JSON", "H57")
    if body in (None, False, 0, ""):
        return ("JavaScript takes the body for false", "H56")
    if task in orphans:
        return ("no pending list names {their} id{s}", "H29")
    if is_short:
        return ("the day's operations were used up", "H08")
    return ("what a run left there, no later one moved",)
