"""I17 Honest status: the status route tells what a full scan would."""

import json

from harness import Call
from harness.migrations.queue.layout import PENDING
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Finding, Verdict, agree, verdict


def true_counters(state: QueueState) -> dict[str, int]:
    """The four counters of the status answer, by full scan."""
    return {
        "oldTaskCount": len(state.old_tasks),
        "newTaskCount": len(state.new_tasks),
        "oldLeaseCount": len(state.old_leases),
        "newLeaseCount": len(state.new_leases),
    }


def needs_migration(state: QueueState) -> bool:
    """Whether anything of the old format is left."""
    return bool(state.old_tasks or state.old_leases or PENDING in state.entries)


def honest_status(outcome: Outcome) -> Verdict:
    return verdict(
        "I17",
        "Honest status: needsMigration and the counters are those of a full scan",
        [
            *_compare("before the run", outcome.status_before, outcome.at_status),
            *_compare("after the run", outcome.status_after, outcome.after),
        ],
        looked=2,
        at="answers",
    )


def _compare(when: str, said: Call, state: QueueState) -> list[Finding]:
    if said.status != 200:
        return [Finding(f"{when} the status route answers {said.status}", (), ("H13",))]
    findings = []
    true = needs_migration(state)
    if said.member("needsMigration") is not true:
        text = f"{when} needsMigration is {json.dumps(said.member('needsMigration'))}, but {_left(state)}"
        findings.append(Finding(text, (), ("H17", "H10")))
    for name, count in true_counters(state).items():
        claimed = said.member("status", name)
        if claimed != count:
            text = f"{when} {name} is {json.dumps(claimed)}, in truth {count}"
            findings.append(Finding(text, (), _causes(name, state)))
    return findings


def _left(state: QueueState) -> str:
    parts = (
        agree("{n} old task{s}", len(state.old_tasks)),
        agree("{n} old lease{s}", len(state.old_leases)),
        "the pending list" if PENDING in state.entries else "no pending list",
    )
    return f"what is there: {', '.join(parts)}"


def _causes(counter: str, state: QueueState) -> tuple[str, ...]:
    """The hazards that make a counter wrong: it reads the pending list, or only the first page."""
    if counter != "oldTaskCount":
        return ("H02",)
    listed = (("H30",) if state.dangling else ()) + (("H31",) if state.duplicates else ())
    return listed + (("H29",) if state.orphans else ())
