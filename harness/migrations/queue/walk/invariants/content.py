"""I6 Content: a copy has the bytes and the metadata of its original."""

from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Verdict, finding, verdict


def content(outcome: Outcome) -> Verdict:
    before, after = outcome.before, outcome.after
    pairs = [(task, before.old_tasks[task], after.new_tasks[task]) for task in moved(outcome)]
    leases = [
        (task, entry, after.new_leases[task])
        for task, entry in before.old_leases.items()
        if task in after.new_leases and task not in before.new_leases
    ]
    every = [*pairs, *leases]
    return verdict(
        "I6",
        "Content: copies equal their originals in bytes and metadata",
        [
            finding(
                "{n} of the copies {are} different in bytes: parsed and written again",
                [task for task, old, new in every if old.value != new.value],
                "H55",
            ),
            finding(
                "{n} of the copies {have} lost {their} metadata",
                [task for task, old, new in every if old.metadata != new.metadata],
                "H54",
            ),
        ],
        looked=len(every),
        at="copies",
    )


def moved(outcome: Outcome) -> list[str]:
    """Tasks of the old format that are in the new one after the run, and were not before."""
    before, after = outcome.before, outcome.after
    return [task for task in before.old_tasks if task in after.new_tasks and task not in before.new_tasks]
