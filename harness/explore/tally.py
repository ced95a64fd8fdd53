"""What many runs showed, added up: the same whatever the order in which they were done."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, Final, Protocol

from harness.engine.interleaving import Choose
from harness.engine.loop import Deadlock
from harness.explore.depth_first import Visited, every_order
from harness.model.decision import Extent
from harness.model.verdict import Finding, Verdict
from kvstore.layers.trace import Trace


@lru_cache(maxsize=1024)  # a search finds the same again and again
def wording(text: str) -> str:
    """The wording of a finding, whatever it counts, and whether that is one or many."""
    ones = {"is": "are", "was": "were", "has": "have", "does": "do", "its": "their"}
    words = (word for word in text.replace(",", "").split() if not word.strip(".:").isdigit())
    return " ".join(ones.get(word, word.removesuffix("s")) for word in words)


# The invariant, or hazard, and the code of the finding, or its wording.
Key = tuple[str, str]

DEADLOCK: Final = "deadlock"
# In how many orders one meeting is tried at most.
_MOST_ORDERS: Final = 400


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run showed: ``hazards`` are known causes that were recognised, by their names."""

    looked: Extent
    verdicts: Sequence[Verdict]
    met: Sequence[str]
    fired: Iterable[str]
    hazards: Collection[str] = ()
    fingerprint: int = 0


class SystemUnderTest(Protocol):
    """What a search asks of what it searches; it can be sent to another process.

    A scenario is a dataclass of `Parameter`; a record is whatever the other methods take. ``effort`` is how
    much more time a run takes than one of a Worker in this process.
    """

    @property
    def effort(self) -> int: ...

    def simulate(self, scenario: Any, choose: Choose | None = None, trace: Trace | None = None) -> Any:
        """What happens in a scenario; ``choose`` stands for its order, ``trace`` gets every KV operation.

        Raises Deadlock.
        """
        ...

    def judge(self, record: Any) -> Sequence[Verdict]:
        """The verdict on every invariant. Raises Deadlock."""
        ...

    def hazards(self, record: Any) -> Collection[str]:
        """The names of known causes that are recognised."""
        ...

    def seen(self, record: Any) -> Seen:
        """Everything that a record shows. Raises Deadlock."""
        ...

    def causes(self, record: Any, invariant: str, finding: Finding) -> tuple[Any, ...]:
        """Known causes that explain a finding."""
        ...


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that show the same: how many, the ``first`` seed, and the ``smallest`` of their scenarios.

    ``what`` is what that one shows, in a sentence.
    """

    runs: int
    first: int
    smallest: Any
    what: str = ""

    def __add__(self, other: "Group") -> "Group":
        least = min(self, other, key=_size)
        return Group(self.runs + other.runs, min(self.first, other.first), least.smallest, least.what)


def _size(group: Group) -> tuple[Any, int, str]:
    """By what the smaller of two is known, whichever was found first."""
    return group.smallest.size, group.smallest.seed, str(group.smallest)


@dataclass
class Tally:
    """What ``looked`` says was simulated; ``met`` counts runs by property, ``fired`` by fault that happened.

    ``checked`` adds up what each invariant was judged by, by its name and what there was none of. ``orders``
    is how many orders of operations were visited where every order was, ``noted`` what was to be noted of
    each scenario.
    """

    looked: Extent = field(default_factory=Extent)
    checked: Counter[str] = field(default_factory=Counter)
    violations: dict[Key, Group] = field(default_factory=dict)
    hazards: dict[str, Group] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    orders: Visited = field(default_factory=Visited)
    noted: dict[Any, Any] = field(default_factory=dict)
    fingerprint: int = 0

    def add(self, scenario: Any, seen: Seen) -> None:
        """One more run."""
        self.looked += seen.looked
        for verdict in seen.verdicts:
            self.checked[f"{verdict.invariant} (no {verdict.at})"] += verdict.looked
        self.met.update(seen.met)
        self.fired.update(seen.fired)
        self.fingerprint ^= seen.fingerprint
        for key, finding in found_in(seen.verdicts).items():
            _note(self.violations, key, Group(1, scenario.seed, scenario, finding.what))
        for hazard in seen.hazards:
            _note(self.hazards, hazard, Group(1, scenario.seed, scenario))

    def add_deadlock(self, scenario: Any, deadlock: Deadlock) -> None:
        """One more, in which nobody could go on."""
        self.looked += Extent(runs=1)
        # Nobody can tell which faults happened: it is a finding all the same.
        self.fired.update(map(str, scenario.faults))
        group = Group(1, scenario.seed, scenario, str(deadlock))
        _note(self.violations, deadlock_key(deadlock), group)

    @property
    def runs(self) -> int:
        return self.looked.runs

    @property
    def vacuous(self) -> list[str]:
        """The invariants that had nothing to look at in any run."""
        return [name for name, count in self.checked.items() if not count]

    def __add__(self, other: "Tally") -> "Tally":
        both = Tally()
        both.merge(self)
        both.merge(other)
        return both

    def merge(self, other: "Tally") -> None:
        self.looked += other.looked
        for name, count in other.checked.items():
            self.checked[name] += count
        self.met.update(other.met)
        self.fired.update(other.fired)
        self.orders += other.orders
        self.noted.update(other.noted)
        self.fingerprint ^= other.fingerprint
        for key, group in other.violations.items():
            _note(self.violations, key, group)
        for hazard, group in other.hazards.items():
            _note(self.hazards, hazard, group)


def _note(groups: dict[Any, Group], key: Any, group: Group) -> None:
    known = groups.get(key)
    groups[key] = group if known is None else known + group


def found_in(verdicts: Iterable[Verdict]) -> dict[Key, Finding]:
    """What is violated, in the order of its keys; of findings that say the same, the first."""
    found: dict[Key, Finding] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            found.setdefault((verdict.invariant, finding.code or wording(finding.what)), finding)
    return dict(sorted(found.items(), key=lambda one: one[0]))


def deadlock_key(deadlock: Deadlock) -> Key:
    return DEADLOCK, wording(str(deadlock))


# What is to be noted of a record, and of the properties that it has.
Note = Callable[[Any, Sequence[str]], Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenarios to simulate with ``system``; ``note`` says what is to be noted of each of them."""

    system: SystemUnderTest
    scenarios: Sequence[Any]
    note: Note | None = None

    def __str__(self) -> str:
        return f"the {len(self.scenarios)} simulations from {self.scenarios[0]}"


def tallied(batch: Batch) -> Tally:
    """What the scenarios of a batch show."""
    tally = Tally()
    for scenario in batch.scenarios:
        _add(tally, batch, scenario)
    return tally


def tallied_in_every_order(batch: Batch) -> Tally:
    """The same, each scenario in every order of the operations of those that meet."""
    tally = Tally()
    for scenario in batch.scenarios:
        tally.orders += every_order(partial(_add, tally, batch, scenario), _MOST_ORDERS)
    return tally


def _add(tally: Tally, batch: Batch, scenario: Any, choose: Choose | None = None) -> None:
    try:
        record = batch.system.simulate(scenario, choose)
        seen = batch.system.seen(record)
    except Deadlock as deadlock:
        tally.add_deadlock(scenario, deadlock)
        return
    if choose is not None:
        scenario = replace(scenario, order=tuple(record.order))
    tally.add(scenario, seen)
    if batch.note is not None:
        tally.noted[scenario] = batch.note(record, seen.met)
