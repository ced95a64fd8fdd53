"""I4 No creation: what is visible in the end was live when the migration began, or was sent since."""

from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import RUN, Story
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def creation(record: Record) -> Verdict:
    final, stories = record.final, record.expectation.stories
    runs = record.to("POST", RUN)
    began = runs[0].sent if runs else record.ended
    visible = dict.fromkeys(final.new_tasks)
    if record.deployed[-1][1] == "new":
        listed = record.judged["listing"].member("pending")
        visible |= dict.fromkeys(task for task in listed or () if isinstance(task, str))
    unknown = [task for task in visible if task not in stories]
    over = [
        task
        for task in visible
        if task in stories and task not in record.start.new_tasks and _was_over(stories[task], began)
    ]
    return verdict(
        "I4",
        "No creation: every visible task was live before, or was accepted since",
        [
            timeline.finding(record, "{n} visible task{s} {were} never sent by anybody", unknown),
            timeline.finding(
                record, "{n} task{s} that {were} over before the run {are} visible after it", over
            ),
        ],
        looked=len(visible),
        at="visible tasks",
    )


def _was_over(story: Story, began: int) -> bool:
    if story.enqueued[-1] >= began or story.may_come_again:
        return False
    return story.latest <= began or story.acknowledged < began
