"""What a search is about: a declared migration, the entries to try it with, and when that is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.checks import judge
from harness.engine.chance import Chance
from harness.engine.interleaving import Choose
from harness.explore.coverage import met
from harness.explore.tally import Seen
from harness.migration import Migration
from harness.model.decision import Extent
from harness.model.expectation import Expectation
from harness.model.oddities import (
    KINDS,
    MANY_ITEMS,
    NOT_TEXT,
    TWO_SOURCES,
    is_text,
    odd_entries,
    with_long_list,
)
from harness.model.outcomes import Outcomes, place_of
from harness.model.record import Place, Record
from harness.model.row import Row, another_row, is_table, row_of, stored_row
from harness.model.scenario import Scenario
from harness.model.variation import varied
from harness.model.verdict import Finding, Verdict
from harness.rehearsal.baseline import Baselines
from harness.rehearsal.migration_file import load_migration
from harness.rehearsal.simulation import simulate, unreadable
from harness.system.stages import Stages
from harness.system.tables import DatabaseCopy, stored_alone
from kvstore import Entry
from kvstore.layers.trace import Trace

# Stages, each with the path of a file and the text to be read for it.
Mistakes = tuple[tuple[str, Path, str], ...]

# How many entries of each kind a search draws its small namespaces from.
_MOST_ALIKE = 24
_MOST_OTHERS = 8
# How many items a long list has: the more of them, the more entries there are. So many at most that a
# request may read each, but not read and write it.
_LONG_LIST = 60
LONGEST_LIST = 600


@dataclass(frozen=True)
class Subject:
    """``path`` declares the migration; ``sample`` are entries that stand for all, and ``began`` when it
    begins (ms). ``mistakes`` are texts that are read in the place of what is in a Worker's file: each with
    the stage of the Worker, and the path of the file; ``databases`` what there is of D1 beside the rows.

    It can be sent to another process, which loads the Workers there once.
    """

    path: Path
    sample: tuple[tuple[Place, Entry], ...]
    began: int
    mistakes: Mistakes = ()
    databases: tuple[DatabaseCopy, ...] = ()

    @property
    def effort(self) -> int:
        """That of the slowest Worker."""
        stages = _loaded(self.path, self.mistakes, self.databases).stages
        return max((stage.worker_code.effort for stage in stages.all()), default=1)

    def simulate(
        self, scenario: Scenario, choose: Choose | None = None, trace: Trace | None = None
    ) -> Record:
        """What happens in a scenario; ``choose`` stands for its order, ``trace`` gets every KV operation.

        Raises Deadlock, and MigrationError for a wrong declaration.
        """
        loaded = _loaded(self.path, self.mistakes, self.databases)
        start = loaded.start(self, scenario)
        unreadable = loaded.unreadable(start, self.began)
        return simulate(
            loaded.migration,
            scenario,
            start,
            self.began,
            loaded.stages,
            loaded.baselines,
            unreadable,
            choose,
            trace,
        )

    def judge(self, record: Record) -> Sequence[Verdict]:
        """The verdict on every invariant."""
        loaded = _loaded(self.path, self.mistakes, self.databases)
        return judge(record, Expectation(record, loaded.outcomes))

    def hazards(self, record: Record) -> tuple[()]:
        """None is known of whatever is declared."""
        return ()

    def seen(self, record: Record) -> Seen:
        """What a record shows."""
        scenario = record.scenario
        looked = Extent(
            runs=1,
            requests=sum(call.status is not None for call in record.calls),
            operations=record.count,
            moved=record.moved,
            planned=len(scenario.faults) + len(scenario.interrupt) + len(scenario.at_once),
            fired=len(record.fired) + len(record.interrupted),
        )
        return Seen(looked, self.judge(record), met(record), (*record.fired, *record.interrupted))

    def causes(self, record: Record, invariant: str, finding: Finding) -> tuple[()]:
        """None are known: the events of a finding say what happened."""
        return ()

    @property
    def migration(self) -> Migration:
        return _loaded(self.path, self.mistakes, self.databases).migration


class Loaded:
    """A migration as it is loaded in one process: its Workers, and what entries become."""

    def __init__(self, path: Path, mistakes: Mistakes = (), databases: tuple[DatabaseCopy, ...] = ()) -> None:
        self.migration = load_migration(path)
        self.stages = Stages(self.migration, _by_stage(mistakes), databases)
        self.stages.load()
        self.outcomes = Outcomes(self.migration, self.stages.tables)
        self.baselines = Baselines()
        self._readable: dict[tuple[Place, Entry], bool] = {}
        self._samples: dict[Subject, Sample] = {}

    def start(self, subject: Subject, scenario: Scenario) -> dict[Place, Entry]:
        """What is stored when a scenario begins."""
        return self.sample(subject).start(scenario)

    def unreadable(self, start: Mapping[Place, Entry], began: int) -> frozenset[Place]:
        """Which entries readers do not find even before anything moves; each is looked for once."""
        new = {place: entry for place, entry in start.items() if (place, entry) not in self._readable}
        if new:
            missed = unreadable(self.migration, new, began, self.stages)
            self._readable.update({(place, entry): place not in missed for place, entry in new.items()})
        return frozenset(place for place, entry in start.items() if not self._readable[place, entry])

    def sample(self, subject: Subject) -> "Sample":
        """The entries of a subject."""
        if subject not in self._samples:
            self._samples[subject] = Sample(self.migration, self.outcomes, subject, self.stages.copies)
        return self._samples[subject]


class Sample:
    """The entries that small namespaces are drawn from."""

    def __init__(
        self,
        migration: Migration,
        outcomes: Outcomes,
        subject: Subject,
        copies: Mapping[str, DatabaseCopy] = MappingProxyType({}),
    ) -> None:
        self._kept = copies
        self.migration = migration
        self.outcomes = outcomes
        self.began = subject.began
        self.others: dict[Place, Entry] = {}
        self.moving: dict[Place, Entry] = {}
        for place, entry in subject.sample:
            (self.others if migration.rule_for(*place) is None else self.moving)[place] = entry

    def start(self, scenario: Scenario) -> dict[Place, Entry]:
        """``scenario.entries`` of those that move, by chance, more like them if need be, and what is odd."""
        seed = scenario.seed
        chosen = sorted(self.moving, key=lambda place: Chance(seed, f"entry/{place[1]}").number())
        start = {place: self.moving[place] for place in chosen[: scenario.entries]}
        taken = {target for place, entry in start.items() for target in self._targets(place, entry)}
        if chosen:
            start.update(self._more(chosen, scenario.entries - len(start), taken))
            for kind in scenario.odd:
                chance = Chance(seed, f"odd/{kind}")
                like = chosen[chance.below(len(chosen))]
                start.update(self._odd(kind, like, chance, taken))
            if MANY_ITEMS in scenario.odd:
                start.update(self._long(chosen, taken, min(LONGEST_LIST, max(_LONG_LIST, scenario.entries))))
        return {**self.others, **start}

    def moving_in(self, scenario: Scenario) -> int:
        """How many of the entries that a scenario begins with move."""
        return sum(self.migration.rule_for(*place) is not None for place in self.start(scenario))

    def _targets(self, place: Place, entry: Entry) -> set[Place]:
        """Where an entry goes, itself left out."""
        targets = self.outcomes.targets(place, entry)
        return {where for where in map(place_of, targets or ()) if where != place}

    def _more(self, chosen: Sequence[Place], count: int, taken: set[Place]) -> dict[Place, Entry]:
        """So many more entries, each like one that is there, under a name of its own, that go elsewhere."""
        more: dict[Place, Entry] = {}
        for number in range(max(0, count)):
            binding, key = chosen[number % len(chosen)]
            for place, entry in self._others((binding, key), number + 1):
                targets = self._targets(place, entry)
                if self.outcomes.targets(place, entry) is not None and taken.isdisjoint(targets):
                    more[place] = entry
                    taken |= targets
                    break
        return more

    def _others(self, like: Place, number: int) -> Iterator[tuple[Place, Entry]]:
        """One more entry or row under a name of its own; an entry at first with the same value."""
        (binding, key), entry = like, self.moving[like]
        if not is_table(binding):
            place = binding, f"{key}-{number}"
            yield place, entry
            for value in varied(entry.value, number):
                yield place, entry._replace(value=value)
            return
        table = self.outcomes.tables[binding]
        row = another_row(table, row_of(like, entry).columns, number)
        if row is not None:
            yield (binding, table.key_of(row)), stored_row(row)

    def _odd(self, kind: str, like: Place, chance: Chance, taken: set[Place]) -> dict[Place, Entry]:
        """The odd entry of a kind, made from ``like``, which goes where nothing else does, or just there."""
        entry = self.moving[like]
        others = [one for one in self.moving.items() if one[0] != like]
        first = chance.below(len(others)) if others else 0
        found = odd_entries(
            self.migration,
            self.outcomes,
            kind,
            (like, entry),
            self.began,
            chance,
            self._stored,
            [*others[first:], *others[:first]],
        )
        for place, made in list(found.items())[:1]:
            targets = self._targets(place, made)
            if taken.isdisjoint(targets) == (kind == TWO_SOURCES):
                return {}
            taken |= targets
        return found

    def _long(self, chosen: Sequence[Place], taken: set[Place], items: int) -> dict[Place, Entry]:
        """The first entry with a list that can be long, with a long one: all that it becomes is its own."""
        for place in chosen:
            long = with_long_list(self.outcomes, place, self.moving[place], items)
            others = taken - self._targets(place, self.moving[place])
            if long is not None and others.isdisjoint(self._targets(place, long)):
                return {place: long}
        return {}

    def _stored(self, row: Row) -> Mapping[str, Any] | None:
        """How a row would be in its table when a migration begins, None where it cannot be."""
        found = self._kept.get(row.binding)
        return None if found is None else stored_alone(found, row.table, row.columns)

    @cached_property
    def oddities(self) -> tuple[str, ...]:
        """The kinds of odd entries that this migration can have."""
        taken = {target for place, entry in self.moving.items() for target in self._targets(place, entry)}
        all_text = all(map(is_text, self.moving.values()))
        return tuple(
            kind
            for kind in KINDS
            if (kind == MANY_ITEMS and self._long([*self.moving], taken, _LONG_LIST))
            or (
                not (all_text and kind == NOT_TEXT)
                and any(self._odd(kind, like, Chance(1, kind), set(taken)) for like in self.moving)
            )
        )


# The right Worker is asked for again and again beside one with a mistake.
@lru_cache(maxsize=8)
def _loaded(path: Path, mistakes: Mistakes = (), databases: tuple[DatabaseCopy, ...] = ()) -> Loaded:
    return Loaded(path, mistakes, databases)


def _by_stage(mistakes: Mistakes) -> dict[str, dict[Path, str]]:
    found: dict[str, dict[Path, str]] = {}
    for stage, path, text in mistakes:
        found.setdefault(stage, {})[path] = text
    return found


def loaded(subject: Subject) -> Loaded:
    """The migration of a subject as it is loaded in this process."""
    return _loaded(subject.path, subject.mistakes, subject.databases)


def sampled(migration: Migration, entries: Mapping[Place, Entry]) -> tuple[tuple[Place, Entry], ...]:
    """Entries that stand for all: of each rule some of every shape, and a few that do not move."""
    kinds: dict[tuple[object, ...], list[Place]] = {}
    for place in sorted(entries):
        rule = migration.rule_for(*place)
        shape: tuple[object, ...] = (
            (None,) if rule is None else (rule.binding, rule.prefix, *_shape(entries[place]))
        )
        kinds.setdefault(shape, []).append(place)
    chosen: list[Place] = []
    for shape, places in kinds.items():
        most = _MOST_OTHERS if shape == (None,) else max(2, _MOST_ALIKE // max(1, len(kinds) - 1))
        chosen += _spread(places, most)
    return tuple((place, entries[place]) for place in chosen)


def _shape(entry: Entry) -> tuple[bool, bool, int]:
    return entry.expiration is not None, entry.metadata is not None, len(entry.value).bit_length()


def _spread(places: Sequence[Place], most: int) -> Iterable[Place]:
    """At most so many, from the whole length."""
    if len(places) <= most:
        return places
    return [places[at * len(places) // most] for at in range(most)]


def whole(subject: Subject, entries: Mapping[Place, Entry]) -> Subject:
    """The same subject with every entry."""
    return replace(subject, sample=tuple(entries.items()))
