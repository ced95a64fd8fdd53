"""I4 No creation: whatever is in the new format was live before, or was accepted since."""

from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Verdict, finding, verdict


def creation(outcome: Outcome) -> Verdict:
    visible = outcome.after.new_tasks.keys() | set(outcome.listed)
    made = visible - outcome.expected
    done = made & outcome.before.results.keys()
    return verdict(
        "I4",
        "No creation: every visible task was live before, or was accepted since",
        [
            finding("{n} task{s} with a result {are} back in the queue", sorted(done), "H38"),
            finding(
                "{n} visible task{s} {were} not there before",
                sorted(made - done),
                "H33",
            ),
        ],
        looked=len(visible),
        at="visible tasks",
    )
