"""I25 Isolation: keys that are not the queue's are the same before and after."""

from harness.outcome import Outcome
from harness.verdict import Verdict, finding, verdict


def isolation(outcome: Outcome) -> Verdict:
    before, after = outcome.before.others, outcome.after.others
    changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return verdict(
        "I25",
        "Isolation: keys outside the queue are untouched",
        [finding("{n} key{s} outside the queue {were} changed during the run", changed)],
    )
