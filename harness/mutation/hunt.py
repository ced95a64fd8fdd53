"""Hunts a mutant: tries what the rehearsal tried until something notices the mistake, for a bounded time."""

import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from harness.engine.loop import Deadlock
from harness.mutation.mutant import Mutant
from harness.mutation.trace import Difference, Trace, difference
from kvstore.clock import core_seconds
from worker.runtime import LoadError

NOTICED: Final = "noticed"
SURVIVED: Final = "survived"
SAME: Final = "no difference seen so far"
NOT_STARTED: Final = "did not start"
# A graver difference is looked for in one run of so many, as it takes two runs of the right Worker.
_GRAVER: Final = 8


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did (``traced``), None where it never ended, and what is violated (``judged``), sentences by
    their codes. Both are found out when they are asked for.

    Where the ``whole`` of two runs is the same, these are the same, too; None where that cannot be said.
    """

    traced: Callable[[], Trace | None]
    judged: Callable[[], dict[str, str]]
    whole: str | None = None


class Rehearse(Protocol):
    """Simulates a scenario with one Worker and judges it. Raises Deadlock."""

    def __call__(self, scenario: Any, /) -> Run: ...

    def close(self) -> None:
        """Unload the Worker's modules: it is not rehearsed again."""


# The Worker with a mistake, or with None as it is. Raises LoadError.
Load = Callable[[Mutant | None], Rehearse]


@dataclass(frozen=True, slots=True)
class Probe:
    """A ``scenario`` to try, and the ``whole`` of what the right Worker does there; None if nobody knows."""

    scenario: Any
    whole: str | None = None


# What is tried for a mutant, in order.
Probes = Callable[[Mutant], Iterable[Probe]]


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
    """Hunts one mutant after the other through ``probes``, each for ``seconds`` of a core at most.

    What the right Worker does in a scenario is found out once in each process.
    """

    def __init__(self, load: Load, probes: Probes, seconds: float) -> None:
        self.load = load
        self.probes = probes
        self.seconds = seconds
        self._right: Rehearse | None = None
        self._known: dict[Any, tuple[Collection[str], int]] = {}

    def __call__(self, mutant: Mutant) -> Hunt:
        # A coroutine that nobody awaits is one of the mistakes.
        with warnings.catch_warnings(action="ignore"):
            return self._hunted(mutant)

    def _hunted(self, mutant: Mutant) -> Hunt:
        try:
            mutated = self.load(mutant)
        except LoadError as error:
            return Hunt(mutant, NOT_STARTED, what=str(error))
        try:
            return self._through(mutated, mutant)
        finally:
            mutated.close()

    def _through(self, mutated: Rehearse, mutant: Mutant) -> Hunt:
        began, runs, differs = core_seconds(), 0, None
        for probe in self.probes(mutant):
            if core_seconds() - began > self.seconds:
                break
            run, scenario = _run(mutated, probe.scenario), probe.scenario
            runs += 1
            if run.whole is not None and run.whole == probe.whole:
                continue
            if news := self._news(scenario, run):
                by, what = next(iter(news.items()))
                return Hunt(mutant, NOTICED, runs, core_seconds() - began, by, what, str(scenario))
            if differs is None or (differs.rank and runs % _GRAVER == 0):
                differs = _graver(differs, self._differs(scenario, run))
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
        violated = _judged(run)
        known = self._right_one(scenario)[0] if violated else ()
        return {by: what for by, what in violated.items() if by not in known}

    def _differs(self, scenario: Any, run: Run) -> Difference | None:
        trace = run.traced()
        if trace is None or self._right_one(scenario)[1] == trace.digest:
            return None
        return difference(_trace(_run(self.right, scenario)), trace, str(scenario))

    def _right_one(self, scenario: Any) -> tuple[Collection[str], int]:
        """What the right Worker violates in a scenario, and a hash of what it does."""
        if scenario not in self._known:
            run = _run(self.right, scenario)
            self._known[scenario] = _judged(run).keys(), _trace(run).digest
        return self._known[scenario]


def _run(rehearse: Rehearse, scenario: Any) -> Run:
    try:
        return rehearse(scenario)
    except Deadlock as deadlock:
        return _endless(deadlock)


def _endless(deadlock: Deadlock) -> Run:
    said = {"progress deadlock": str(deadlock)}
    return Run(lambda: None, lambda: said)


def _judged(run: Run) -> dict[str, str]:
    try:
        return run.judged()
    except Deadlock as deadlock:  # in what it is compared with
        return _endless(deadlock).judged()


def _trace(run: Run) -> Trace:
    return run.traced() or Trace({}, {})


def _graver(one: Difference | None, other: Difference | None) -> Difference | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda each: each.rank)
