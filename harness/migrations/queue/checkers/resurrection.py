"""I5 No resurrection: what is completed is not claimed again, and does not come back."""

import math
from collections.abc import Iterator
from urllib.parse import quote

from harness import Call
from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.layout import NEW_TASK
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import ROLLBACK, Span, Story
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict
from kvstore.messages import DAY_IS_OVER


def resurrection(record: Record) -> Verdict:
    again = [
        call.member("taskId")
        for call in record.to("POST", "/api/queue/claim")
        if call.outcome == "ok" and answers_for(record, call) and is_too_late(record, call)
    ]
    copied, restored = dict[str, None](), dict[str, None]()
    for story, span in _put_back(record):
        (copied if span.from_operator else restored)[story.id] = None
    return verdict(
        "I5",
        "No resurrection: a completed task stays completed",
        [
            timeline.finding(
                record,
                "{n} completed task{s} {were} handed out again, later than anything is seen late",
                dict.fromkeys(again),
            ),
            timeline.finding(record, "{n} completed task{s} {were} copied and stayed in the queue", copied),
            timeline.finding(
                record, "{n} completed task{s} {were} put back by a status update, and stayed", restored
            ),
        ],
        looked=sum(story.completed < math.inf for story in record.expectation.stories.values()),
        at="completed tasks",
    )


def is_too_late(record: Record, call: Call) -> bool:
    """Whether a claim got a task of which everybody could know that it was completed.

    A coordinator is told of it before anybody else, and gives the task out no more.
    """
    task = str(call.member("taskId"))
    story = record.expectation.stories.get(task)
    if story is None or story.may_come_again:
        return False
    if record.scenario.claims == "coordinator" and call.stage != "old":
        told = [one for one in record.to("POST", f"/api/result/{quote(task, safe='')}") if _was_told(one)]
        if any(one.answered < call.sent for one in told):
            return True
    return call.sent > story.acknowledged + record.expectation.window


def _was_told(result: Call) -> bool:
    """Whether the coordinator was told of a result; the old format has none."""
    return result.outcome == "ok" and result.stage != "old"


def _put_back(record: Record) -> Iterator[tuple[Story, Span]]:
    """What was put into the new format after its completion, by somebody who should have known.

    Who cannot know yet, as the result is too young to be seen by everybody, must take it away again, unless
    the day's operations were used up until it expired.
    """
    expectation = record.expectation
    for story in expectation.stories.values():
        if story.may_come_again:
            continue
        for span in expectation.of(NEW_TASK + story.id):
            if span.first <= story.completed_at_place:
                continue
            call = expectation.calls.get(span.writer)
            known = call is not None and call.sent > story.completed + expectation.window
            expired = span.ended_by is None and not _is_out_of_quota(record, span)
            stays = known or span.end > record.ended or expired
            if stays and (span.from_operator or not _was_given_out_by_the_old(record, story, call)):
                yield story, span


def _was_given_out_by_the_old(record: Record, story: Story, call: Call | None) -> bool:
    """Whether a client works on a completed task because of the old Worker, which looks for no result.

    It handed the task out after its completion, or to two clients at once, of whom one sent ``call`` after
    the other had completed the task.
    """
    claims = record.to("POST", "/api/queue/claim") if story.completed < math.inf else []
    given = [one for one in claims if one.stage == "old" and one.member("taskId") == story.id]
    others = {one.actor for one in given} - {call.actor if call is not None else ""}
    return any(
        one.sent > story.completed or (call is not None and one.actor == call.actor and others)
        for one in given
    )


def _is_out_of_quota(record: Record, span: Span) -> bool:
    """Whether the last step of the migration before the end of ``span`` met the end of the day's quota."""
    steps = [call for call in (*record.runs, *record.to("POST", ROLLBACK)) if call.sent < span.end]
    last = max(steps, key=lambda call: call.sent, default=None)
    return last is not None and DAY_IS_OVER in str(last.answer)
