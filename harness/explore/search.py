"""A search: many scenarios of one system simulated and judged, what is violated grouped and made small."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from harness.engine.chance import Chance
from harness.engine.loop import Deadlock
from harness.explore.coverage import signature
from harness.explore.draw import Drawing
from harness.explore.shrink import MOST_TRIES, shrink
from harness.explore.state import read_tally, write_tally
from harness.explore.tally import (
    Batch,
    Key,
    Note,
    SystemUnderTest,
    Tally,
    deadlock_key,
    found_in,
    tallied,
)
from harness.explore.workforce import Here, Workforce
from harness.model.scenario import Scenario
from harness.model.verdict import Finding, Moment
from harness.terminal.command import CannotStart

# A large namespace is tried less often than a small one: for so many KV operations in all; and one of a
# Worker whose runs take longer.
_MOST_OPERATIONS: Final = 60_000
_LEAST_TRIES: Final = 12
# Of a Worker whose runs take longer only so many findings are made small, divided by how many times as long.
_MOST_SMALL: Final = 60
# Scenarios that are drawn from what those before them met, and how many of them are, of a thousand.
_GENERATION: Final = 50
# So many seeds are a search of their own, which knows nothing of what others met: so they can be shared out.
BLOCK: Final = 500
_VARIED: Final = 400

# What the runs so far showed, and how many there are to be.
OnTally = Callable[[Tally, int], None]
# How many of the findings are made small, of how many.
OnSmall = Callable[[int, int], None]
Work = Callable[[Batch], Tally]


class NotSeenAgain(CannotStart):
    """What a run showed is not shown by the same run again: says what, and which."""


@dataclass(frozen=True)
class Damage:
    """One way in which an invariant is violated: in ``runs`` runs, most simply in ``scenario``.

    ``first`` is the first seed that shows it, ``causes`` are known ones that explain it. ``as_found`` says
    that ``scenario`` is the simplest of these runs, and that no simpler one was searched for.
    """

    key: Key
    title: str
    finding: Finding
    causes: tuple[Any, ...]
    scenario: Any
    runs: int = 1
    first: int = 1
    as_found: bool = False

    @property
    def invariant(self) -> str:
        return self.key[0]


@dataclass(frozen=True, slots=True)
class Shown:
    """``scenario`` of ``system`` shows what ``key`` says: a finding, or a hazard, which has no wording.

    ``as_found`` says that no simpler scenario is to be searched for.
    """

    system: SystemUnderTest
    key: Key
    scenario: Any
    as_found: bool = False

    def by(self, scenario: Any) -> bool:
        """Whether another scenario shows it too."""
        try:
            record = self.system.simulate(scenario)
            if not self.key[1]:
                return self.key[0] in self.system.hazards(record)
            return self.key in found_in(self.system.judge(record))
        except Deadlock as deadlock:
            return self.key == deadlock_key(deadlock)

    def damage(self) -> Damage:
        """What is violated, told. Raises NotSeenAgain."""
        try:
            record = self.system.simulate(self.scenario)
            verdicts = self.system.judge(record)
        except Deadlock as deadlock:
            key, finding = deadlock_key(deadlock), Finding(str(deadlock))
            return Damage(key, "Nobody can go on", finding, (), self.scenario)
        title = next((one.title for one in verdicts if one.invariant == self.key[0]), "")
        found = found_in(verdicts).get(self.key)
        if found is None:
            raise NotSeenAgain(f"not seen again: {self.key[0]}, {self.key[1]}, in {self.scenario}")
        told = replace(found, show=_Told(found.moments))  # asked for while the record is here
        causes = self.system.causes(record, self.key[0], found)
        return Damage(self.key, title, told, causes, self.scenario, as_found=self.as_found)


@dataclass(frozen=True, slots=True)
class _Told:
    moments: tuple[Moment, ...]

    def __call__(self) -> tuple[Moment, ...]:
        return self.moments


def shrunk(shown: Shown) -> Shown:
    """The same, shown by a scenario as small as can be found."""
    if shown.as_found:
        return shown
    try:
        operations = len(shown.system.simulate(shown.scenario).asked)
    except Deadlock:
        operations = 0
    most = min(MOST_TRIES, _MOST_OPERATIONS // max(1, operations)) // shown.system.effort
    tries = max(_LEAST_TRIES, most)
    return replace(shown, scenario=shrink(shown.scenario, shown.by, tries))


def _made_small(shown: Shown) -> Damage:
    return shrunk(shown).damage()


def simplest(shown: Sequence[Shown]) -> list[Shown]:
    """The same; of a Worker whose runs take longer all but the simplest are to be left as they were found."""
    effort = max((one.system.effort for one in shown), default=1)
    ranked = sorted(shown, key=lambda one: (one.scenario.size, one.key))
    left = set() if effort == 1 else {one.key for one in ranked[_MOST_SMALL // effort :]}
    return [replace(one, as_found=one.key in left) for one in shown]


def searched(
    system: SystemUnderTest,
    scenarios: Sequence[Any],
    workforce: Workforce,
    on_progress: OnTally,
    work: Work = tallied,
    note: Note | None = None,
) -> Tally:
    """Simulate and judge all scenarios, each as ``work`` does; ``note`` says what is to be noted of each."""
    tally = Tally()
    size = max(1, min(workforce.batch, len(scenarios) // (4 * workforce.workers)))
    batches = [Batch(system, scenarios[at : at + size], note) for at in range(0, len(scenarios), size)]
    for part in workforce.do(work, batches):
        tally.merge(part)
        on_progress(tally, len(scenarios))
    return tally


def explained(
    system: SystemUnderTest, tally: Tally, workforce: Workforce, on_small: OnSmall = lambda done, of: None
) -> list[Damage]:
    """What is violated, each in the smallest scenario that shows it. Raises NotSeenAgain."""
    shown = simplest([Shown(system, key, group.smallest) for key, group in sorted(tally.violations.items())])
    counted = []
    for one in workforce.do(_made_small, shown):
        group = tally.violations[one.key]
        counted.append(replace(one, runs=group.runs, first=group.first))
        on_small(len(counted), len(shown))
    return sorted(counted, key=lambda one: (one.scenario.size, one.key))


@dataclass
class Guided:
    """A search that goes where something new was met: ``kept`` are the scenarios that did, in their order, of
    those that were ``visited``.

    A generation is drawn from what the ones before it in its block of seeds met, so that the same comes of
    the same seeds, on any machine and in any number of parts. ``anew`` counts the scenarios that met
    something new in their block, and ``varied`` of a thousand are drawn from those that did: with 0 all are
    drawn alike. ``on_generation`` is called after each generation.
    """

    system: SystemUnderTest
    drawing: Drawing
    workforce: Workforce
    kept: list[Scenario] = field(default_factory=list)
    visited: list[Scenario] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    known: set[int] = field(default_factory=set)
    anew: int = 0
    varied: int = _VARIED
    on_generation: Callable[[], None] = lambda: None

    def search(self, seeds: range, on_progress: OnTally) -> Tally:
        """Simulate and judge a scenario for each seed; those that were visited already are left out."""
        if self.workforce.batch >= BLOCK:
            return self._by_blocks(seeds, on_progress)
        return self.search_by_generations(seeds, on_progress)

    def search_by_generations(self, seeds: range, on_progress: OnTally) -> Tally:
        """The same, with the work of each generation shared out."""
        for number, generation in groupby(seeds[self.tally.runs :], lambda seed: (seed - 1) // _GENERATION):
            if number * _GENERATION % BLOCK == 0:
                self.kept.clear()
                self.known.clear()
            self._generation(list(generation), len(seeds), on_progress)
            self.on_generation()
        return self.tally

    def _by_blocks(self, seeds: range, on_progress: OnTally) -> Tally:
        """The same by whole blocks of seeds, several in a job; what they met is added in their order."""
        early: dict[int, _Met] = {}
        following = 0
        for met in self.workforce.do(_searched_alone, self._jobs(seeds)):
            early[met.number] = met
            while (part := early.pop(following, None)) is not None:
                following += 1
                self.tally.merge(part.tally)
                self.visited += part.visited
                self.kept, self.known, self.anew = part.kept, part.known, self.anew + part.anew
                on_progress(self.tally, len(seeds))
                self.on_generation()
        return self.tally

    def _jobs(self, seeds: range) -> "list[_Blocks]":
        """What is left of ``seeds``; the first job goes on where this has come to in its block."""
        left = seeds[self.tally.runs :]
        size = BLOCK * max(1, min(self.workforce.batch, len(left) // (2 * self.workforce.workers)) // BLOCK)
        parts = [list(part) for _, part in groupby(left, lambda seed: (seed - 1) // size)]
        return [
            _Blocks(
                number,
                self.system,
                self.drawing,
                range(part[0], part[-1] + 1),
                [] if number else self.kept,
                set() if number else self.known,
            )
            for number, part in enumerate(parts)
        ]

    def state(self) -> dict[str, Any]:
        """What it takes to go on from here."""
        return {
            "tally": write_tally(self.tally),
            "kept": [str(one) for one in self.kept],
            "known": sorted(self.known),
            "anew": self.anew,
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """As if what it was had been done here. Raises KeyError, TypeError and ValueError."""
        self.tally = read_tally(state["tally"], Scenario.read)
        self.kept = [Scenario.read(line) for line in state["kept"]]
        self.known, self.anew = set(state["known"]), int(state["anew"])

    def _generation(self, seeds: Sequence[int], of: int, on_progress: OnTally) -> None:
        scenarios = [self._drawn(seed) for seed in seeds]
        self.visited += scenarios

        def told(part: Tally, _: int) -> None:
            violations = {**part.violations, **self.tally.violations}
            on_progress(Tally(looked=self.tally.looked + part.looked, violations=violations), of)

        found = searched(self.system, scenarios, self.workforce, told, note=signature)
        for scenario in scenarios:
            met_here = found.noted.get(scenario, frozenset())
            if not met_here <= self.known:
                self.known |= met_here
                self.kept.append(scenario)
                self.anew += 1
        found.noted.clear()
        self.tally.merge(found)

    def _drawn(self, seed: int) -> Scenario:
        if self.kept and Chance(seed, "kept").happens(self.varied):
            return self.drawing.varied(seed, self.kept)
        return self.drawing.fresh(seed)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """A job: ``seeds``, of which some met what is ``known``, and ``kept``."""

    number: int
    system: SystemUnderTest
    drawing: Drawing
    seeds: range
    kept: list[Scenario]
    known: set[int]


@dataclass(frozen=True, slots=True)
class _Met:
    """What came of it."""

    number: int
    tally: Tally
    visited: list[Scenario]
    kept: list[Scenario]
    known: set[int]
    anew: int


def _searched_alone(job: _Blocks) -> _Met:
    alone = Guided(job.system, job.drawing, Here(), list(job.kept), known=set(job.known))
    tally = alone.search_by_generations(job.seeds, lambda tally, of: None)
    return _Met(job.number, tally, alone.visited, alone.kept, alone.known, alone.anew)
