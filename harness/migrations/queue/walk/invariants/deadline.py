"""I7 Deadline: a copy expires when its original would have, not later and not earlier."""

from harness.migrations.queue.walk.invariants.content import moved
from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Verdict, finding, verdict


def deadline(outcome: Outcome) -> Verdict:
    later: list[str] = []
    earlier: list[str] = []
    mortal: list[str] = []
    permanent: list[str] = []
    copied = moved(outcome)
    for task in copied:
        old = outcome.before.old_tasks[task].expiration
        new = outcome.after.new_tasks[task].expiration
        if old == new:
            continue
        if old is None:
            mortal.append(task)
        elif new is None:
            permanent.append(task)
        else:
            (later if new > old else earlier).append(task)
    left = _remaining(outcome, later + earlier + mortal)
    return verdict(
        "I7",
        "Deadline: every task keeps the moment at which it expires",
        [
            finding(f"{{n}} task{{s}} now expire{{es}} earlier: {left}", earlier, "H49"),
            finding(f"{{n}} task{{s}} now expire{{es}} later: {left}", later, "H49"),
            finding(f"{{n}} permanent task{{s}} now {{do}} expire: {left}", mortal, "H50"),
            finding("{n} task{s} {have} lost {their} deadline", permanent, "H49"),
        ],
        looked=len(copied),
        at="copied tasks",
    )


def _remaining(outcome: Outcome, tasks: list[str]) -> str:
    """How long the changed tasks have from the end of the run, in words."""
    moments = [outcome.after.new_tasks[task].expiration for task in tasks]
    left = [moment - outcome.now for moment in moments if moment is not None]
    if not left:
        return "never"
    spread = max(left) - min(left)
    if spread <= 120:
        return f"all deadlines are now {round(max(left) / 60)} minutes after the run"
    return f"deadlines are now {round(min(left) / 60)} to {round(max(left) / 60)} minutes after the run"
