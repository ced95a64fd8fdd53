"""I1 Conservation: at every moment each live task is stored in one format or the other."""

from harness import timeline
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, QUARANTINE
from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Verdict, finding, verdict


def conservation(outcome: Outcome) -> Verdict:
    live = outcome.before.live
    gone: dict[str, int] = {}
    for event, state in timeline(outcome.before.entries, outcome.events):
        if event.verb != "delete" or not event.key.startswith((OLD_TASK, NEW_TASK)):
            continue
        task = event.key.removeprefix(OLD_TASK).removeprefix(NEW_TASK)
        kept = any(prefix + task in state for prefix in (OLD_TASK, NEW_TASK, QUARANTINE))
        if task in live and not kept and task not in outcome.done:
            gone.setdefault(task, event.index)
    after = outcome.after.tasks | outcome.after.quarantined
    lost = [task for task in gone if task not in after]
    gap = [task for task in gone if task in after]
    return verdict(
        "I1",
        "Conservation: no live task is ever without a key",
        [
            finding("{n} live task{s} {are} stored nowhere after the run", lost, "H10"),
            finding("{n} live task{s} {were} stored nowhere for a while", gap, "H38"),
        ],
        looked=len(live),
        at="live tasks",
    )
