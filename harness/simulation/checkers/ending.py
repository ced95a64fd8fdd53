"""What the end of a simulation is judged by: which tasks must be in the queue then, and which may be."""

from harness.layout import RESULT
from harness.simulation.checkers.scope import answers_for
from harness.simulation.record import Record
from harness.simulation.truth import RUN


def is_migrated(record: Record) -> bool:
    """Whether the operators went the whole way to the new format.

    A documented migration ends when the guide does, whatever it answered; a safe one when it says so.
    """
    if record.scenario.rollback != "never" or record.deployed[-1][1] != "new":
        return False
    runs = record.to("POST", RUN)
    return record.scenario.migration == "documented" or any(run.member("done") is True for run in runs)


def owed(record: Record, at: float) -> list[str]:
    """The tasks that are live at ``at``."""
    return [task for task, story in record.truth.stories.items() if story.is_live(at)]


def is_over(record: Record, task: str) -> bool:
    """Whether a task must not be in the queue at the end.

    It never was a task; or it is completed, somebody was told so, and nobody sent it again. What was in the
    new format before is not touched by an old Worker that completes it: nobody answers for that.
    """
    if task in record.start.new_tasks and not _was_completed_by_new(record, task):
        return False
    story = record.truth.stories.get(task)
    if story is None:
        return True
    return story.acknowledged < record.ended and not story.came_again


def _was_completed_by_new(record: Record, task: str) -> bool:
    """Whether somebody completed a task that looks for it in the new format; before the beginning counts."""
    results = record.truth.of(RESULT + task)
    return bool(results) and answers_for(record, record.truth.calls.get(results[0].writer))
