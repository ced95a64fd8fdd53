"""Hunts a mutant: tries what the rehearsal tried until something notices the mistake, for a bounded time."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.engine.loop import Deadlock
from harness.mutation.mutant import Mutant
from harness.mutation.trace import Difference, Trace, difference
from kvstore.clock import core_seconds
from worker.runtime import LoadError

NOTICED: Final = "noticed"
SURVIVED: Final = "survived"
SAME: Final = "no difference seen so far"
NOT_STARTED: Final = "did not start"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did, None where it never ended; and what is ``violated``: sentences by their codes."""

    trace: Trace | None
    violated: dict[str, str]


# Simulates a scenario with one Worker and judges it. Raises Deadlock.
Rehearse = Callable[[Any], Run]
# The Worker with a mistake, or with None as it is. Raises LoadError.
Load = Callable[[Mutant | None], Rehearse]


@dataclass(frozen=True, slots=True)
class Hunt:
    """How the hunt for a mutant ended, after so many ``runs`` and ``seconds`` of a core: the ``outcome``.

    ``by`` is the invariant and the code of what noticed it, ``what`` that says, ``scenario`` the line that
    shows it. ``differs`` is the gravest difference from the right Worker that was seen where nothing did.
    """

    mutant: Mutant
    outcome: str
    runs: int = 0
    seconds: float = 0.0
    by: str = ""
    what: str = ""
    scenario: str = ""
    differs: Difference | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            **self.mutant.as_json(),
            "outcome": self.outcome,
            "runs": self.runs,
            "seconds": round(self.seconds, 2),
            **({"by": self.by, "what": self.what, "scenario": self.scenario} if self.what else {}),
            **({"differs": self.differs.as_json()} if self.differs else {}),
        }


class Hunter:
    """Hunts one mutant after the other through ``scenarios``, each for ``seconds`` of a core at most.

    What the right Worker does in a scenario is found out once in each process.
    """

    def __init__(self, load: Load, scenarios: Sequence[Any], seconds: float) -> None:
        self.load = load
        self.scenarios = scenarios
        self.seconds = seconds
        self._right: Rehearse | None = None
        self._digests: dict[int, int] = {}

    def __call__(self, mutant: Mutant) -> Hunt:
        # A coroutine that nobody awaits is one of the mistakes.
        with warnings.catch_warnings(action="ignore"):
            return self._hunted(mutant)

    def _hunted(self, mutant: Mutant) -> Hunt:
        began, runs, differs = core_seconds(), 0, None
        try:
            mutated = self.load(mutant)
        except LoadError as error:
            return Hunt(mutant, NOT_STARTED, what=str(error))
        for place, scenario in enumerate(self.scenarios):
            run = _run(mutated, scenario)
            runs += 1
            if run.violated and (news := self._news(scenario, run)):
                by, what = next(iter(news.items()))
                return Hunt(mutant, NOTICED, runs, core_seconds() - began, by, what, str(scenario))
            if differs is None or differs.rank:
                differs = _graver(differs, self._differs(place, scenario, run))
            if core_seconds() - began > self.seconds:
                break
        outcome = SAME if differs is None else SURVIVED
        return Hunt(mutant, outcome, runs, core_seconds() - began, differs=differs)

    @property
    def right(self) -> Rehearse:
        """The Worker without a mistake."""
        if self._right is None:
            self._right = self.load(None)
        return self._right

    def _news(self, scenario: Any, run: Run) -> dict[str, str]:
        """What is violated that the right Worker does not violate there."""
        known = _run(self.right, scenario).violated
        return {by: what for by, what in run.violated.items() if by not in known}

    def _differs(self, place: int, scenario: Any, run: Run) -> Difference | None:
        if run.trace is None:
            return None
        if place not in self._digests:
            self._digests[place] = self._trace(scenario).digest
        if self._digests[place] == run.trace.digest:
            return None
        return difference(self._trace(scenario), run.trace, str(scenario))

    def _trace(self, scenario: Any) -> Trace:
        return _run(self.right, scenario).trace or Trace({}, {})


def _run(rehearse: Rehearse, scenario: Any) -> Run:
    try:
        return rehearse(scenario)
    except Deadlock as deadlock:
        return Run(None, {"progress deadlock": str(deadlock)})


def _graver(one: Difference | None, other: Difference | None) -> Difference | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda each: each.rank)
