"""What many hunts add up to."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from harness.explore.workforce import Unfinished
from harness.mutation.hunt import NOT_STARTED, NOTICED
from harness.mutation.mutant import Mutant
from harness.mutation.results import Results, hunted
from harness.terminal.processes import Ended, ProcessError


class Given:
    """A workforce in which every job comes to ``outcome``."""

    def __init__(self, outcome: ProcessError) -> None:
        self.outcome = outcome

    def outcomes(self, work: Any, jobs: Sequence[Mutant]) -> Iterator[tuple[Mutant, ProcessError]]:
        return ((job, self.outcome) for job in jobs)


@pytest.mark.parametrize(
    ("death", "outcome", "share"),
    [(Ended("it called sys.exit"), NOTICED, 100), (Unfinished("killed three times"), NOT_STARTED, None)],
)
def test_only_a_process_that_the_worker_ended_counts_as_noticed(
    death: ProcessError, outcome: str, share: float | None
) -> None:
    mutant = Mutant("constant", "entry.py", 1, 0, "1", "2")
    workforce: Any = Given(death)
    hunter: Any = None
    hunts = list(hunted(hunter, [mutant], workforce, lambda *counts: None))
    assert [one.outcome for one in hunts] == [outcome]
    assert Results(hunts, 1, 1).share == share
