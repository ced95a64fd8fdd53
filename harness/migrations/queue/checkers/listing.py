"""I3 Exactly-once listing: in the end the new Worker lists each live task once, and counts right."""

from collections import Counter

from harness.migrations.queue.checkers.ending import AT, is_migrated, is_over, owed
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, literal, verdict

_TITLE = "Listing: GET /api/queue shows each live task exactly once"


def listing(record: Record) -> Verdict:
    answer = record.judged["listing"]
    if not is_migrated(record):
        return verdict("I3", _TITLE, [], looked=0, at=AT)
    shown = [answer]
    if answer.status != 200:
        text = f"GET /api/queue answers {answer.status}: {literal(str(answer.answer)[:160])}"
        return verdict("I3", _TITLE, [timeline.shown_by(text, ["listing"], shown)], looked=1, at=AT)
    pending = answer.member("pending")
    if pending is None:
        text = f"GET /api/queue answers with no list: {literal(answer.shown('pending'))}"
        return verdict("I3", _TITLE, [timeline.shown_by(text, ["listing"], shown)], looked=1, at=AT)
    listed = Counter(task for task in pending if isinstance(task, str))
    final = record.final
    missing = [task for task in owed(record, answer.answered) if task not in listed]
    count = answer.member("count")
    wrong = ["count"] if count != len(pending) else []
    return verdict(
        "I3",
        _TITLE,
        [
            timeline.finding(
                record,
                "{n} live task{s} {are} not listed: beyond the first page of the keys",
                [task for task in missing if task in final.new_tasks],
                "H02",
            ),
            timeline.finding(
                record,
                "{n} live task{s} {are} not listed: not in the new format",
                [t for t in missing if t not in final.new_tasks and t not in final.quarantined],
            ),
            timeline.finding(
                record,
                "{n} task{s} {are} listed more than once",
                [task for task, times in listed.items() if times > 1],
            ),
            timeline.finding(
                record, "{n} listed id{s} {are} no live task", [t for t in listed if is_over(record, t)]
            ),
            timeline.shown_by(f"count says {count}, listed are {listed.total()}", wrong, shown),
        ],
        looked=len(record.expectation.stories),
        at=AT,
    )
