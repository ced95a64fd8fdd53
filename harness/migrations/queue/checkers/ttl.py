"""I21 TTL legality: no put has an expiration that is less than a minute ahead."""

from harness.migrations.queue.checkers.ending import answers_for
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict, verdict

_REFUSAL = "Invalid expiration"  # what a Worker passes on, in an answer of its own


def ttl_legality(record: Record) -> Verdict:
    refused = {event.invocation for event in record.refused if event.code in ("expiration", "expiration-ttl")}
    calls = [
        call
        for call in record.calls
        if (_REFUSAL in record.said[call.name] or call.name in refused) and answers_for(record, call)
    ]
    return verdict(
        "I21",
        "TTL legality: every expiration is at least a minute ahead",
        [timeline.of_calls("{n} request{s} asked for an expiration that KV refuses", calls)],
        looked=len(record.writes),
        at="writes",
    )
