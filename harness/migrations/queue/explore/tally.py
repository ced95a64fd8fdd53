"""What many simulations showed, added up: the same whatever the order in which they were done."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Final

from harness import CannotStart
from harness.decision import Looked
from harness.engine.loop import Deadlock
from harness.explore.wording import wording
from harness.migrations.queue.explore.sometimes import met
from harness.migrations.queue.hazards import diagnose
from harness.migrations.queue.simulation.judgement import Judgement
from harness.migrations.queue.simulation.looked import looked_at
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.system.code import WorkerCode
from harness.verdict import Verdict
from worker.config import ConfigError
from worker.runtime import ServeError

# A finding by what it says: the invariant, or hazard, and the wording.
Key = tuple[str, str]

DEADLOCK: Final = "deadlock"


class SearchError(CannotStart):
    """A simulation failed by itself: says which, so that it can be looked at."""


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that show the same: how many, the ``first`` seed, and the ``smallest`` of their scenarios."""

    runs: int
    first: int
    smallest: Scenario

    def __add__(self, other: "Group") -> "Group":
        smallest = _simpler(self.smallest, other.smallest)
        return Group(self.runs + other.runs, min(self.first, other.first), smallest)


def _simpler(one: Scenario, other: Scenario) -> Scenario:
    """The smaller of two: always the same one, whichever was found first."""
    sizes = (one.size, one.seed), (other.size, other.seed)
    if sizes[0] == sizes[1]:
        return min(one, other, key=str)
    return one if sizes[0] < sizes[1] else other


@dataclass
class Tally:
    """What ``looked`` says was simulated; ``met`` counts runs by property, ``fired`` by fault that happened.

    ``checked`` adds up what the checker of each invariant looked at, by its name.
    """

    looked: Looked = field(default_factory=Looked)
    checked: Counter[str] = field(default_factory=Counter)
    violations: dict[Key, Group] = field(default_factory=dict)
    hazards: dict[str, Group] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    fingerprint: int = 0

    def add(self, scenario: Scenario, record: Record, verdicts: Sequence[Verdict]) -> None:
        """One more, and its judgement."""
        self.looked += looked_at(record)
        for verdict in verdicts:
            self.checked[_at(verdict)] += verdict.looked
        self.met.update(met(record))
        self.fired.update(record.fired)
        self.fingerprint ^= int(record.fingerprint, 16)
        for key in violated(verdicts):
            self._note(key, scenario)
        for hazard in sorted({one.hazard for one in diagnose(record)}):
            group = Group(1, scenario.seed, scenario)
            self.hazards[hazard] = self.hazards[hazard] + group if hazard in self.hazards else group

    def add_deadlock(self, scenario: Scenario, deadlock: Deadlock) -> None:
        """One more, in which nobody could go on."""
        self.looked += Looked(runs=1)
        self.fired.update(map(str, scenario.mishaps))  # nobody can tell: it is a finding all the same
        self._note((DEADLOCK, wording(str(deadlock))), scenario)

    def _note(self, key: Key, scenario: Scenario) -> None:
        group = Group(1, scenario.seed, scenario)
        self.violations[key] = self.violations[key] + group if key in self.violations else group

    @property
    def runs(self) -> int:
        return self.looked.runs

    @property
    def vacuous(self) -> list[str]:
        """The invariants that had nothing to look at in any run."""
        return [name for name, count in self.checked.items() if not count]

    def merge(self, other: "Tally") -> None:
        self.looked += other.looked
        for name, count in other.checked.items():
            self.checked[name] += count
        self.met.update(other.met)
        self.fired.update(other.fired)
        self.fingerprint ^= other.fingerprint
        for key, group in other.violations.items():
            self.violations[key] = self.violations[key] + group if key in self.violations else group
        for hazard, group in other.hazards.items():
            self.hazards[hazard] = self.hazards[hazard] + group if hazard in self.hazards else group


def _at(verdict: Verdict) -> str:
    return f"{verdict.invariant} (no {verdict.at})"


def violated(verdicts: Iterable[Verdict]) -> set[Key]:
    """What is violated, by invariant and wording."""
    return {
        (verdict.invariant, wording(finding.what)) for verdict in verdicts for finding in verdict.findings
    }


def recognised(record: Record) -> set[Key]:
    """The hazards that are recognised: a hazard says always the same."""
    return {(one.hazard, "") for one in diagnose(record)}


def backstage(worker: Path) -> WorkerCode:
    """The one of this thread for a Worker's folder, loaded when it is first asked for."""
    return _backstage(worker, get_ident())


@cache
def _backstage(worker: Path, thread: int) -> WorkerCode:
    """A simulation has its backstage to itself; workers of a cluster may have several threads."""
    return WorkerCode(worker)


def judgement(worker: Path) -> Judgement:
    """The one that goes with `backstage`."""
    return _judgement(worker, get_ident())


@cache
def _judgement(worker: Path, thread: int) -> Judgement:
    return Judgement(_backstage(worker, thread))


def simulated(scenario: Scenario, worker: Path) -> Record:
    """One simulation by itself. Raises Deadlock, and SearchError for one that fails."""
    try:
        return simulate(scenario, backstage(worker))
    except (Deadlock, ServeError, ConfigError):
        raise
    except Exception as error:
        raise SearchError(f"{type(error).__name__}: {error}, in {scenario}") from error


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenarios to simulate with the Worker of a folder."""

    worker: Path
    scenarios: Sequence[Scenario]

    def __str__(self) -> str:
        return f"the {len(self.scenarios)} simulations from {self.scenarios[0]}"


def tallied(batch: Batch) -> Tally:
    """Simulate each of the scenarios. Raises SearchError."""
    tally = Tally()
    for scenario in batch.scenarios:
        try:
            record = simulate(scenario, backstage(batch.worker))
            tally.add(scenario, record, judgement(batch.worker).verdicts(record))
        except Deadlock as deadlock:
            tally.add_deadlock(scenario, deadlock)
        except Exception as error:
            raise SearchError(f"{type(error).__name__}: {error}, in {scenario}") from error
    return tally
