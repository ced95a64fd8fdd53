"""I22 Key legality: every key of every accepted task fits, and no claim fails because of one task."""

from harness import Call
from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import LONGEST_ID, task_of
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict

_TOO_LONG = "exceeds key length limit"


def key_legality(record: Record) -> Verdict:
    claims, others = list[Call](), list[Call]()
    for call in record.calls:
        if answers_for(record, call) and _TOO_LONG in record.said[call.name]:
            (claims if call.path == "/api/queue/claim" else others).append(call)
    accepted = [
        call
        for call in record.to("POST", "/webhook/*")
        if call.outcome == "ok"
        and answers_for(record, call)
        and len(str(call.member("eventId")).encode()) > LONGEST_ID
    ]
    handed_out = {
        call.member("taskId") for call in record.to("POST", "/api/queue/claim") if answers_for(record, call)
    }
    uncompletable = [
        call
        for call in record.to("POST", "/api/result/*")
        if _is_refused(call.status, call.answer) and task_of(call) in handed_out
    ]
    return verdict(
        "I22",
        "Key legality: every key of a task fits, and no claim fails because of one task",
        [
            timeline.shown_by(
                "{n} task{s} {were} accepted whose result has too long a key",
                dict.fromkeys(call.member("eventId") for call in accepted),
                accepted,
                "H63",
            ),
            timeline.of_calls(
                "{n} claim{s} failed because the lease of one task has too long a key", claims, "H63"
            ),
            timeline.of_calls("{n} request{s} asked for a key that is too long", others, "H63"),
            timeline.shown_by(
                "{n} task{s} {were} handed out and cannot be completed: the result has too long a key",
                dict.fromkeys(task_of(call) or "" for call in uncompletable),
                uncompletable,
                "H63",
            ),
        ],
        looked=len(record.calls),
        at="requests",
    )


def _is_refused(status: int | None, answer: object) -> bool:
    return status == 400 and "Task ID too long" in str(answer)
