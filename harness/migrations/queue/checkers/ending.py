"""Which requests a migration answers for; which tasks must be in the queue at the end, and which may be."""

from typing import Final

from harness import Call
from harness.migrations.queue.layout import NEW_TASK, RESULT
from harness.migrations.queue.simulation.expectation import ROLLBACK
from harness.migrations.queue.simulation.record import Record


def answers_for(record: Record, call: Call | None) -> bool:
    """Whether what a request did is judged.

    The safe strategy begins when both formats are deployed: what the old Worker does alone, before it or
    after a rollback, is what users have without any migration. The documented one runs beside that Worker.
    """
    return call is None or record.scenario.migration == "documented" or call.stage != "old"


def was_alone(record: Record, call: Call) -> bool:
    """Whether nothing disturbed a request: no fault, nothing that is seen late, nobody else at the same time,
    and no other Worker before.

    Then the old Worker, too, gives the answers of one queue, as long as it finds everything on one page.
    """
    if (
        record.scenario.page < _PAGE
        or record.scenario.empty
        or record.expectation.window
        or record.fired
        or any(one.error for one in record.operations[call.name])
    ):
        return False
    before = [one for one in record.calls if one is not call and one.sent < call.answered]
    return all(one.stage == "old" and one.answered <= call.sent for one in before)


# Keys of a listing, as the platform has them.
_PAGE: Final = 1000
# What is judged there.
AT: Final = "tasks of a finished migration"


def is_migrated(record: Record) -> bool:
    """Whether the operators went the whole way to the new format, and not back again.

    A documented migration ends when the guide does, whatever it answered; a safe one when it says so. A walk
    is judged where it ended.
    """
    if record.scenario.walk:
        return True
    if record.deployed[-1][1] != "new":
        return False
    back = [call.answered for call in record.to("POST", ROLLBACK)]
    runs = [run for run in record.runs if not back or run.answered > max(back)]
    if record.scenario.migration == "documented":
        return bool(runs) or not back
    return any(run.member("done") is True for run in runs)


def owed(record: Record, at: float) -> list[str]:
    """The tasks that are live at ``at``."""
    return [task for task, story in record.expectation.stories.items() if story.is_live(at)]


def is_over(record: Record, task: str) -> bool:
    """Whether a task must not be in the queue at the end.

    It never was a task; or it is completed, somebody was told so, and nobody sent it again.
    """
    story = record.expectation.stories.get(task)
    if story is None:
        return True
    completed = story.acknowledged < record.ended and not story.may_come_again
    return completed and not _is_left_by_old_worker(record, task)


def _is_left_by_old_worker(record: Record, task: str) -> bool:
    """Whether nobody answers for a completed task in the new format.

    No migration put it there, and only old Workers completed it since: they do not look there.
    """
    expectation = record.expectation
    spans, results = expectation.of(NEW_TASK + task), expectation.of(RESULT + task)
    if not spans or not results or spans[-1].from_operator or spans[-1].first > results[0].first:
        return False
    if spans[-1].first < 0 and results[0].first < 0:
        return True  # both were there before anything began
    return not any(answers_for(record, expectation.calls.get(result.writer)) for result in results)
