"""I9 Lease continuity: a task that somebody holds stays held, by the same worker, until the same time."""

from harness import timeline
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK
from harness.migrations.queue.state import Lease
from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Verdict, finding, verdict

# The migration computes seconds from a clock that it reads itself: one of them may be lost in rounding.
_ROUNDING_SECONDS = 1


def lease_continuity(outcome: Outcome) -> Verdict:
    held = {task: lease for task, lease in _leases(outcome).items() if _runs(lease, outcome.now)}
    after = {task: Lease.read(entry) for task, entry in outcome.after.new_leases.items()}
    changed, shorter = [], []
    for task, lease in held.items():
        now = after.get(task)
        if now is not None and not lease.same_hold(now):
            changed.append(task)
        elif now is not None and _ends_before(now, lease):
            shorter.append(task)
    lost = [task for task in held if after.get(task) is None]
    return verdict(
        "I9",
        "Lease continuity: a held task stays held, and was never offered in between",
        [
            finding("{n} held task{s} {have} no lease in the new format", lost, "H01", "H06"),
            finding("{n} lease{s} now name{es} another worker, nonce or end", changed, "H36"),
            finding("{n} lease{s} now end{es} before {their} time", shorter, "H52"),
            finding(
                "{n} held task{s} could be claimed during the run: the lease was copied after the task",
                _uncovered(outcome, held),
                "H35",
            ),
        ],
        looked=len(held),
        at="held tasks",
    )


def _leases(outcome: Outcome) -> dict[str, Lease]:
    """Leases before the run, in either format, of tasks that are there."""
    entries = outcome.before.old_leases | outcome.before.new_leases
    read = {task: Lease.read(entry) for task, entry in entries.items() if task in outcome.before.tasks}
    return {task: lease for task, lease in read.items() if lease is not None}


def _runs(lease: Lease, now: float) -> bool:
    return lease.until is None or lease.until > now


def _ends_before(new: Lease, old: Lease) -> bool:
    if new.until is None:
        return False
    return old.until is None or new.until < old.until - _ROUNDING_SECONDS


def _uncovered(outcome: Outcome, held: dict[str, Lease]) -> list[str]:
    """Held tasks whose new key was there before their new lease was."""
    uncovered: dict[str, None] = {}
    for event, state in timeline(outcome.before.entries, outcome.events):
        if event.verb == "put" and event.key.startswith(NEW_TASK):
            task = event.key.removeprefix(NEW_TASK)
            if task in held and NEW_LEASE + task not in state:
                uncovered[task] = None
    return list(uncovered)
