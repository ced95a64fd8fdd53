"""I2 Completion: after the run the new format holds the live tasks, all of them and nothing else."""

from harness.layout import PENDING
from harness.outcome import Outcome
from harness.verdict import Finding, Verdict, finding, verdict


def completion(outcome: Outcome) -> Verdict:
    state = outcome.at_listing
    stranded = [task for task in sorted(outcome.expected) if task not in state.new_tasks]
    orphans = set(outcome.before.orphans)
    corrupt = set(outcome.before.corrupt)
    groups = {
        "no pending list names them (orphans)": ([t for t in stranded if t in orphans], ("H29",)),
        "their body is not JSON": ([t for t in stranded if t in corrupt - orphans], ("H57", "H10")),
        "they arrived in the old format after the run": (
            [t for t in stranded if t in outcome.born],
            ("H34", "H68"),
        ),
    }
    known = {task for tasks, _ in groups.values() for task in tasks}
    groups["the run failed on them"] = ([t for t in stranded if t not in known], ("H10",))
    findings: list[Finding | None] = [
        finding(f"{{n}} live tasks are not in the new format: {why}", tasks, *hazards)
        for why, (tasks, hazards) in groups.items()
    ]
    leases = list(state.old_leases)
    left = [PENDING] if PENDING in state.entries else []
    return verdict(
        "I2",
        "Completion: the new format holds every live task, the old one nothing",
        [
            *findings,
            finding("{n} leases are still in the old format", leases, "H01", "H17"),
            finding("the pending list is still there", left, "H15", "H32"),
        ],
    )
