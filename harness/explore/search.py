"""A search: many scenarios of one subject simulated and judged, what is violated grouped and made small."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from harness.decision import Looked
from harness.engine.chance import Chance
from harness.engine.interleaving import Choose
from harness.engine.loop import Deadlock
from harness.explore.coverage import met, signature
from harness.explore.depth_first import Visited, every_order
from harness.explore.draw import Drawing
from harness.explore.shrink import MOST_TRIES, shrink
from harness.explore.wording import wording
from harness.explore.workforce import Workforce
from harness.model.record import Record
from harness.model.scenario import Scenario
from harness.subject import Subject
from harness.verdict import Finding, Moment, Verdict

_BATCH: Final = 10
# A large namespace is tried less often than a small one: for so many KV operations in all.
_MOST_OPERATIONS: Final = 60_000
_LEAST_TRIES: Final = 12
# Scenarios that are drawn from what those before them met, and how many of them are, of a thousand.
_GENERATION: Final = 50
_VARIED: Final = 400
# In how many orders one meeting is tried at most.
_MOST_ORDERS: Final = 400

# The invariant, and the code of the finding.
Key = tuple[str, str]
# What the runs so far showed, and how many there are to be.
OnProgress = Callable[["Tally", int], None]
# What is to be noted of a record, and of the properties that it has.
Note = Callable[[Record, Sequence[str]], Any]
_DEADLOCK: Final = ("progress", "deadlock")


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that show the same: how many, and the ``smallest`` of their scenarios, with ``what`` it shows."""

    runs: int
    smallest: Scenario
    what: str

    def __add__(self, other: "Group") -> "Group":
        first = min(self, other, key=lambda one: (one.smallest.size, one.smallest.seed, str(one.smallest)))
        return Group(self.runs + other.runs, first.smallest, first.what)


@dataclass
class Tally:
    """What many runs showed, added up: the same whatever the order in which they were done.

    ``looked`` is how much was looked at, ``at`` how many things each invariant was judged by, ``orders`` how
    many orders of operations were visited where every order was, ``noted`` what was to be noted of each
    scenario.
    """

    looked: Looked = field(default_factory=Looked)
    damage: dict[Key, Group] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    at: Counter[str] = field(default_factory=Counter)
    orders: Visited = field(default_factory=Visited)
    noted: dict[Scenario, Any] = field(default_factory=dict)

    def add(
        self, scenario: Scenario, record: Record, verdicts: Sequence[Verdict], note: Note | None = None
    ) -> None:
        self.looked += Looked(
            runs=1,
            requests=sum(call.status is not None for call in record.calls),
            operations=len(record.asked),
            moved=record.moved,
            planned=len(scenario.faults) + len(scenario.interrupt) + len(scenario.at_once),
            fired=len(record.fired) + len(record.interrupted),
        )
        properties = met(record)
        self.met.update(properties)
        if note is not None:
            self.noted[scenario] = note(record, properties)
        self.at.update({one.invariant: one.looked for one in verdicts})
        found = {key_of(one, finding): finding for one in verdicts for finding in one.findings}
        for key, finding in sorted(found.items(), key=lambda one: one[0]):
            self._group(key, Group(1, scenario, finding.what))

    def add_deadlock(self, scenario: Scenario, deadlock: Deadlock) -> None:
        """One more, in which nobody could go on."""
        self.looked += Looked(runs=1)
        self._group(_DEADLOCK, Group(1, scenario, str(deadlock)))

    def __add__(self, other: "Tally") -> "Tally":
        both = Tally()
        both.merge(self)
        both.merge(other)
        return both

    def merge(self, other: "Tally") -> None:
        self.looked += other.looked
        self.met.update(other.met)
        self.at.update(other.at)
        self.orders += other.orders
        self.noted.update(other.noted)
        for key, group in other.damage.items():
            self._group(key, group)

    def _group(self, key: Key, group: Group) -> None:
        known = self.damage.get(key)
        self.damage[key] = group if known is None else known + group


def key_of(verdict: Verdict, found: Finding) -> Key:
    """What a finding says, whatever it counts."""
    return verdict.invariant, found.code or wording(found.what)


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenarios to simulate; ``note`` says what is to be noted of each of them."""

    subject: Subject
    scenarios: Sequence[Scenario]
    note: Note | None = None


def tallied(batch: Batch) -> Tally:
    """What the scenarios of a batch show."""
    tally = Tally()
    for scenario in batch.scenarios:
        _one_more(tally, batch.subject, scenario, note=batch.note)
    return tally


def tallied_in_every_order(batch: Batch) -> Tally:
    """The same, each scenario in every order of the operations of those that meet."""
    tally = Tally()
    for scenario in batch.scenarios:
        tally.orders += every_order(partial(_one_more, tally, batch.subject, scenario), _MOST_ORDERS)
    return tally


def _one_more(
    tally: Tally,
    subject: Subject,
    scenario: Scenario,
    choose: Choose | None = None,
    note: Note | None = None,
) -> None:
    try:
        record = subject.simulate(scenario, choose)
    except Deadlock as deadlock:
        tally.add_deadlock(scenario, deadlock)
        return
    if choose is not None:
        scenario = replace(scenario, order=tuple(record.order))
    tally.add(scenario, record, subject.judge(record), note)


Work = Callable[[Batch], Tally]


@dataclass(frozen=True, slots=True)
class Damage:
    """One way in which the migration does damage: in ``runs`` runs, most simply in ``scenario``."""

    key: Key
    title: str
    finding: Finding
    runs: int
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class _Shown:
    subject: Subject
    key: Key
    scenario: Scenario

    def by(self, scenario: Scenario) -> bool:
        return self.found(scenario) is not None

    def found(self, scenario: Scenario) -> tuple[str, Finding] | None:
        """The title and the finding, when a scenario shows it."""
        try:
            record = self.subject.simulate(scenario)
        except Deadlock as deadlock:
            deadlocked = self.key == _DEADLOCK
            return ("Progress: the runbook comes to its end", Finding(str(deadlock))) if deadlocked else None
        for verdict in self.subject.judge(record):
            for one in verdict.findings:
                if key_of(verdict, one) == self.key:
                    _ = one.moments  # asked for while the record is here
                    return verdict.title, replace(one, show=_Told(one.moments))
        return None


@dataclass(frozen=True, slots=True)
class _Told:
    moments: tuple[Moment, ...]

    def __call__(self) -> tuple[Moment, ...]:
        return self.moments


def _operations(shown: _Shown) -> int:
    """How many KV operations one run takes."""
    try:
        return len(shown.subject.simulate(shown.scenario).asked)
    except Deadlock:
        return 0


def _smallest(shown: _Shown) -> tuple[Key, str, Finding, Scenario]:
    operations = _operations(shown)
    tries = max(_LEAST_TRIES, min(MOST_TRIES, _MOST_OPERATIONS // max(1, operations)))
    scenario = shrink(shown.scenario, shown.by, tries)
    found = shown.found(scenario)
    assert found is not None, f"not seen again: {shown.key} in {scenario}"
    return shown.key, *found, scenario


def searched(
    subject: Subject,
    scenarios: Sequence[Scenario],
    workforce: Workforce,
    tell: OnProgress,
    work: Work = tallied,
    note: Note | None = None,
) -> Tally:
    """Simulate and judge all scenarios, each as ``work`` does; ``note`` says what is to be noted of each."""
    tally = Tally()
    size = max(1, min(_BATCH, len(scenarios) // (4 * workforce.workers)))
    batches = [Batch(subject, scenarios[at : at + size], note) for at in range(0, len(scenarios), size)]
    for part in workforce.do(work, batches):
        tally.merge(part)
        tell(tally, len(scenarios))
    return tally


@dataclass
class Guided:
    """A search that goes where something new was met: ``kept`` are the scenarios that did, in their order.

    A generation is drawn from what the ones before it met, so that the same comes of the same seeds, whoever
    does the work.
    """

    subject: Subject
    drawing: Drawing
    workforce: Workforce
    kept: list[Scenario] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    known: set[int] = field(default_factory=set)

    def search(self, seeds: Sequence[int], tell: OnProgress) -> Tally:
        """Simulate and judge a scenario for each seed."""
        for at in range(0, len(seeds), _GENERATION):
            self._generation(seeds[at : at + _GENERATION], len(seeds), tell)
        return self.tally

    def _generation(self, seeds: Sequence[int], of: int, tell: OnProgress) -> None:
        scenarios = [self._drawn(seed) for seed in seeds]
        found = searched(
            self.subject,
            scenarios,
            self.workforce,
            lambda part, _: tell(self.tally + part, of),
            note=signature,
        )
        for scenario in scenarios:
            met_here = found.noted.get(scenario, frozenset())
            if not met_here <= self.known:
                self.known |= met_here
                self.kept.append(scenario)
        found.noted.clear()
        self.tally.merge(found)

    def _drawn(self, seed: int) -> Scenario:
        if self.kept and Chance(seed, "kept").happens(_VARIED):
            return self.drawing.varied(seed, self.kept)
        return self.drawing.fresh(seed)


def explained(subject: Subject, tally: Tally, workforce: Workforce) -> list[Damage]:
    """What was found, each in the smallest scenario that shows it."""
    shown = [_Shown(subject, key, group.smallest) for key, group in sorted(tally.damage.items())]
    found = [
        Damage(key, title, finding, tally.damage[key].runs, scenario)
        for key, title, finding, scenario in workforce.do(_smallest, shown)
    ]
    return sorted(found, key=lambda one: (one.scenario.size, one.key))
