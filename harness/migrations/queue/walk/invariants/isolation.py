"""I25 Isolation: keys that are not the queue's are the same before and after."""

from harness.migrations.queue.walk.outcome import Outcome, Run
from harness.verdict import Verdict, finding, verdict


def isolation(outcome: Outcome) -> Verdict:
    # Run by run: what happens between two runs is other people's work.
    changed = sorted({key for run in outcome.runs for key in _changed(run)})
    return verdict(
        "I25",
        "Isolation: keys outside the queue are untouched",
        [finding("{n} key{s} outside the queue {were} changed during the run", changed)],
        looked=len(outcome.before.others | outcome.after.others),
        at="other keys",
    )


def _changed(run: Run) -> set[str]:
    before, after = run.before.others, run.after.others
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
