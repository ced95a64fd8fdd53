"""A hunt: what a mistake is compared with, and how often."""

from collections.abc import Hashable, Iterable

from harness.mutation.hunt import SURVIVED, Hunter, Probe, Run
from harness.mutation.mutant import Mutant
from harness.mutation.trace import Answered, Trace

MUTANT = Mutant("constant", "entry.py", 1, 0, "1", "2")
PROBES = 40


class Worker:
    """A Worker that answers ``answer``, and counts how often it is rehearsed."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.runs = 0

    def __call__(self, scenario: object) -> Run:
        self.runs += 1
        end: dict[Hashable, str] = {"key": self.answer} if scenario == PROBES - 1 else {}
        trace = Trace({"reader-1.1": Answered("GET /", (), self.answer)}, end)
        return Run(lambda: trace, dict)

    def close(self) -> None:
        """Nothing to unload."""


def test_a_difference_is_graded_in_few_of_the_runs_and_what_it_costs_is_not_the_hunt() -> None:
    right, wrong = Worker("right"), Worker("wrong")

    def probes(mutant: Mutant) -> Iterable[Probe]:
        return map(Probe, range(PROBES))

    hunt = Hunter(lambda mutant: right if mutant is None else wrong, probes, 60)(MUTANT)
    assert (hunt.outcome, hunt.runs, wrong.runs) == (SURVIVED, PROBES, PROBES)
    assert hunt.differs is not None
    assert hunt.differs.kind == "end state"
    assert right.runs < PROBES / 2
