"""Holds a declaration against the Workers and the entries that it is about, before anything runs.

What is declared of nothing that is there is never tried, and a verdict would be worth less than it says.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from harness.migration import Migration, MigrationError, Rule
from harness.model.outcomes import Outcomes, place_of
from harness.model.record import Place
from harness.model.row import is_table
from harness.terminal.lines import some
from kvstore import Entry
from kvstore.figures import whole
from kvstore.layers.instant import Instant

_MOST_PREFIXES: Final = 5
# So many entries are asked about twice, and for where they go.
_MOST_ASKED: Final = 1000


def remarks(
    migration: Migration,
    namespaces: Iterable[str],
    outcomes: Outcomes,
    entries: Mapping[Place, Entry],
    instant: Collection[str] = (),
) -> list[str]:
    """Sentences on what the declaration cannot move, never tries, or makes one of several, and what
    namespaces in the mode of KV ``instant`` do not take.

    Raises MigrationError when nothing that is there can be moved, when an entry goes to a namespace that no
    Worker has, and when ``becomes`` does not give the same for the same entry.
    """
    moving = {place: entry for place, entry in entries.items() if migration.rule_for(*place)}
    if entries and not moving:
        raise MigrationError(
            f"no key begins with what becomes is declared for ({_prefixes(migration.mapping)}); "
            f"the keys that are there begin with: {_beginnings(entries)}"
        )
    said = [*_immovable(outcomes, moving), *_unused(migration, entries)]
    some_of_them = dict(list(moving.items())[:_MOST_ASKED])
    _check_bindings(outcomes, some_of_them, set(namespaces))
    _check_chance(migration, outcomes, some_of_them)
    return [*said, *_merged(outcomes, moving), *_not_instant(outcomes, moving, instant)]


def _immovable(outcomes: Outcomes, moving: Mapping[Place, Entry]) -> list[str]:
    """A sentence on the entries that cannot be moved. Raises MigrationError when that is all."""
    refused = {
        place: why for place, entry in moving.items() if (why := outcomes.refusal(place, entry)) is not None
    }
    if not refused:
        return []
    first, why = next(iter(refused.items()))
    if len(refused) == len(moving):
        raise MigrationError(f"no entry can be moved as it is declared: for {first[1]}, {why}")
    keys = some(key for _, key in refused)
    return [f"{len(refused):,} of the entries cannot be moved and must stay as they are: {keys} ({why})"]


def _unused(migration: Migration, entries: Mapping[Place, Entry]) -> list[str]:
    """A sentence on every rule that is about no entry."""
    if not entries:
        return []
    return [
        f"{rule.name} is never tried: {_nothing(rule)}"
        for rule in migration.rules
        if not any(binding == rule.binding and key.startswith(rule.prefix) for binding, key in entries)
    ]


def _nothing(rule: Rule) -> str:
    if is_table(rule.binding):
        return f"the table {rule.binding.partition('.')[2]} is empty"
    return f"no key of {rule.binding} begins with {rule.prefix!r}"


def _check_bindings(outcomes: Outcomes, moving: Mapping[Place, Entry], namespaces: set[str]) -> None:
    for place, entry in moving.items():
        for target in outcomes.targets(place, entry) or ():
            if target.shape is None and target.binding not in namespaces:
                raise MigrationError(
                    f"{place[1]} becomes an entry of the namespace {target.binding}, which no Worker of the "
                    f"migration binds; they bind: {', '.join(sorted(namespaces))}"
                )


def _check_chance(migration: Migration, outcomes: Outcomes, moving: Mapping[Place, Entry]) -> None:
    """Ask everything a second time."""
    again = Outcomes(migration, outcomes.tables)
    for place, entry in moving.items():
        if again.targets(place, entry) != outcomes.targets(place, entry):
            rule = migration.rule_for(*place)
            assert rule is not None
            raise MigrationError(
                f"{rule.name}({place[1]!r}) gives something else when it is asked again: what an entry "
                "becomes must follow from the entry alone, not from chance or the clock"
            )


def _merged(outcomes: Outcomes, moving: Mapping[Place, Entry]) -> list[str]:
    """A sentence on entries that go to one place, where only one of them can be afterwards."""
    first: dict[Place, str] = {}
    merged: dict[Place, list[str]] = {}
    for place, entry in moving.items():
        for target in map(place_of, outcomes.targets(place, entry) or ()):
            if target in first:
                merged.setdefault(target, [first[target]]).append(place[1])
            first.setdefault(target, place[1])
    if not merged:
        return []
    (_, key), sources = next(iter(merged.items()))
    more = f", and {len(merged) - 1:,} more like it" if len(merged) > 1 else ""
    return [f"{len(sources):,} entries become one, and only one of them stays: {some(sources)} → {key}{more}"]


def _not_instant(
    outcomes: Outcomes, moving: Mapping[Place, Entry], instant: Collection[str]
) -> Iterator[str]:
    """Sentences on what entries are to become that KV Instant does not take."""
    mode = Instant()
    made = [
        (place[1], one)
        for place, entry in moving.items()
        for one in outcomes.targets(place, entry) or ()
        if one.shape is None and one.binding in instant
    ]
    described = [key for key, one in made if one.metadata is not None]
    if described:
        yield f"{len(described):,} entries have metadata, which KV Instant has not: {some(described)}"
    long = [key for key, one in made if len(one.key.encode()) > mode.key_size]
    if long:
        yield f"{len(long):,} entries get a key of more than {mode.key_size} bytes: {some(long)}"
    size = sum(len(one.key.encode()) + len(one.value) for _, one in made)
    if len(made) > mode.keys or size > mode.size:
        yield (
            f"{len(made):,} entries of {size:,} bytes do not fit: a namespace of KV Instant holds "
            f"{mode.keys:,} keys and {mode.size:,} bytes"
        )
    if len(made) > 1:
        seconds = len(made) * whole("instant.write_interval_ms") // 1000
        yield f"{len(made):,} writes take {seconds:,} s at least: KV Instant takes one a second"


def _prefixes(rules: Iterable[Rule]) -> str:
    return ", ".join(dict.fromkeys(repr(rule.prefix) for rule in rules))


def _beginnings(entries: Iterable[Place]) -> str:
    """How keys begin, the most frequent first."""
    found = Counter(f"{key.partition(':')[0]}:" if ":" in key else key for _, key in entries)
    told = [f"{beginning} ({count:,})" for beginning, count in found.most_common(_MOST_PREFIXES)]
    return ", ".join(told) + (" …" if len(found) > _MOST_PREFIXES else "")
