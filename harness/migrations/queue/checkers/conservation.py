"""I1 Conservation: at every moment each live task is stored in one format or the other."""

from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import TASK_KEYS, covered
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict


def conservation(record: Record) -> Verdict:
    lost, gap = list[str](), list[str]()
    for task, story in record.expectation.stories.items():
        until = min(story.over, record.ended)
        spans = [span for prefix in TASK_KEYS for span in record.expectation.of(prefix + task)]
        stored = covered(spans, story.enqueued[0], until)
        if stored < until:
            (gap if any(span.begin > stored for span in spans) else lost).append(task)
    return verdict(
        "I1",
        "Conservation: no live task is ever without a key",
        [
            timeline.finding(record, "{n} live task{s} {are} deleted and stored nowhere", lost),
            timeline.finding(record, "{n} live task{s} {were} stored nowhere for a while", gap),
        ],
        looked=len(record.expectation.stories),
        at="tasks",
    )
