"""Odd entries and rows: what old namespaces and tables hold beside the usual, made from the user's own.

Each kind changes one thing about an entry that is there, or about a row. One that ``becomes`` cannot read, or
that it makes something of that KV does not take, is not part of the migration, and is left out; so is a row
that its table does not take.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.engine.chance import Chance
from harness.migration import Entry as Wanted
from harness.migration import Migration, Rule, stored_as
from harness.model.outcomes import Outcomes, place_of
from harness.model.record import Place
from harness.model.row import Row, Table, another_row, is_table, row_of, stored_row
from harness.model.variation import with_many_items
from kvstore import LIMITS, Entry

_NUMBER: Final = 1000  # beyond those of rows that are made to be many
_LONG_NAME: Final = 480
_MOST_OTHERS: Final = 20  # entries that are tried for what is where one goes already
_LONG_TEXT: Final = 100_001  # more than a statement may have, if somebody writes it there


@dataclass(frozen=True, slots=True)
class Odd:
    """``like`` is the entry that it is made from, ``name`` what its key is to have after the prefix."""

    rule: Rule
    like: Entry
    name: str
    began: int
    chance: Chance


Make = Callable[[Odd], Entry]


def _ending(odd: Odd) -> Entry:
    return odd.like._replace(expiration=odd.began // 1000 + odd.chance.between(60, 1500))


def _ending_meanwhile(odd: Odd) -> Entry:
    """Right when the operator comes to it, who waits three minutes for a deployment to be everywhere."""
    return odd.like._replace(expiration=odd.began // 1000 + odd.chance.between(185, 300))


def _much_metadata(odd: Odd) -> Entry:
    frame = len(json.dumps({"padding": ""}, separators=(",", ":")))
    return odd.like._replace(
        metadata=json.dumps({"padding": "m" * (LIMITS.metadata_size - frame)}, separators=(",", ":"))
    )


# Only where not all values are text: elsewhere no Worker need be able to read such a one.
NOT_TEXT: Final = "not-text"
# Something is where one goes already.
TARGET_THERE: Final = "target-there"
# Another entry for the place that one goes to already.
TWO_SOURCES: Final = "two-sources"

# A list in a value has more items than anybody's that are there.
MANY_ITEMS: Final = "many-items"

# Those that end in the midst of a migration.
ENDING: Final = frozenset({"ending", "ending-meanwhile"})

# What is odd, the name that an entry of this kind gets, and how it is made.
_ENTRIES: Final[Mapping[str, tuple[str, Make]]] = {
    "permanent": ("odd-permanent", lambda odd: odd.like._replace(expiration=None)),
    "ending": ("odd-ending", _ending),
    "ending-meanwhile": ("odd-ending-meanwhile", _ending_meanwhile),
    "no-metadata": ("odd-no-metadata", lambda odd: odd.like._replace(metadata=None)),
    "much-metadata": ("odd-much-metadata", _much_metadata),
    "other-metadata": ("odd-other-metadata", lambda odd: odd.like._replace(metadata='{"by":"somebody"}')),
    "empty-metadata": ("odd-empty-metadata", lambda odd: odd.like._replace(metadata="{}")),
    "empty": ("odd-empty", lambda odd: odd.like._replace(value=b"")),
    "not-json": ("odd-not-json", lambda odd: odd.like._replace(value=b"{not json")),
    NOT_TEXT: ("odd-not-text", lambda odd: odd.like._replace(value=b"\xff\xfe\x00")),
    "long-key": ("odd-" + "k" * (_LONG_NAME - 4), lambda odd: odd.like),
    "unicode": ("odd-é漢🎉", lambda odd: odd.like),
    "punctuation": ("odd-a:b/c?d=%41 e", lambda odd: odd.like),
    TARGET_THERE: ("odd-target-there", lambda odd: odd.like),
    "upper-case": ("ODD-ENDING", lambda odd: odd.like),
    TWO_SOURCES: ("odd-two-sources", lambda odd: odd.like),
}
# The same of a row: what a value of one of its columns becomes; itself where it cannot be odd in this way.
_ROWS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "null": lambda value: None,
    "empty": lambda value: "" if isinstance(value, str) else value,
    "unicode": lambda value: "é漢🎉" if isinstance(value, str) else value,
    "punctuation": lambda value: "a:b/c?d=%41 'e\"" if isinstance(value, str) else value,
    "long-text": lambda value: "x" * _LONG_TEXT if isinstance(value, str) else value,
    "text-for-number": lambda value: "not a number" if isinstance(value, int | float) else value,
    TARGET_THERE: lambda value: value,
    TWO_SOURCES: lambda value: value,
}
_NAMES: Final = frozenset(name for name, _ in _ENTRIES.values())
KINDS: Final = tuple(dict.fromkeys((*_ENTRIES, *_ROWS, MANY_ITEMS)))

# How a row would be in its table when a migration begins, None where it cannot be.
Stored = Callable[[Row], Mapping[str, Any] | None]


def odd_entries(
    migration: Migration,
    outcomes: Outcomes,
    kind: str,
    like: tuple[Place, Entry],
    began: int,
    chance: Chance,
    stored: Stored,
    others: Sequence[tuple[Place, Entry]] = (),
) -> dict[Place, Entry]:
    """What is odd of a kind made from ``like``, with what belongs to it; nothing where there is none.

    What is there already where it goes is what one of ``others`` would become, for ever.
    """
    (binding, _), _ = like
    if is_table(binding):
        odd = _row(outcomes.tables[binding], kind, like, chance, stored)
    else:
        odd = _entry(migration, kind, like, began, chance)
    targets = None if odd is None else outcomes.targets(*odd)
    if odd is None or targets is None:
        return {}
    place, made = odd
    if kind != TARGET_THERE or not targets or place_of(targets[0]) == place:
        return {place: made}
    if any(one.shape is not None for one in targets):
        there = _row_there(outcomes, targets[0], others, stored)
    else:
        there = _entries_there(outcomes, place, targets, others)
    return {place: made, **there} if there else {}


def _entries_there(
    outcomes: Outcomes, place: Place, targets: Sequence[Wanted], others: Sequence[tuple[Place, Entry]]
) -> dict[Place, Entry]:
    """All that the entry at a place would become if it held what another does: one whole, not parts of two.

    The same as ``targets`` where no other becomes just as many.
    """
    for where, entry in others[:_MOST_OTHERS]:
        theirs = outcomes.targets(place, entry) if where[0] == place[0] else None
        if theirs and {*map(place_of, targets)} == {*map(place_of, theirs)}:
            targets = theirs
            break
    return {place_of(one): stored_as(one)._replace(expiration=None) for one in targets}


def is_text(entry: Entry) -> bool:
    """Whether a value is UTF-8."""
    try:
        entry.value.decode()
    except UnicodeDecodeError:
        return False
    return True


def with_long_list(outcomes: Outcomes, place: Place, entry: Entry, items: int) -> Entry | None:
    """An entry of which a list has so many items, so that it becomes more; None where no list does that."""

    def count(one: Entry) -> int:
        return len({*map(place_of, outcomes.targets(place, one) or ())})

    if is_table(place[0]):
        return None
    made = [entry._replace(value=value) for value in with_many_items(entry.value, items)]
    most = max(made, key=count, default=entry)
    return most if count(most) > count(entry) else None


def is_odd(migration: Migration, place: Place) -> bool:
    """Whether an old entry was made to be odd."""
    rule = migration.rule_for(*place)
    return rule is not None and place[1].removeprefix(rule.prefix) in _NAMES


def _entry(
    migration: Migration, kind: str, like: tuple[Place, Entry], began: int, chance: Chance
) -> tuple[Place, Entry] | None:
    (binding, key), entry = like
    rule = migration.rule_for(binding, key)
    assert rule is not None
    if kind not in _ENTRIES:
        return None
    name, make = _ENTRIES[kind]
    place = binding, rule.prefix + name
    if len(place[1].encode()) > LIMITS.key_size:
        return None
    return place, make(Odd(rule, entry, name, began, chance))


def _row(
    table: Table, kind: str, like: tuple[Place, Entry], chance: Chance, stored: Stored
) -> tuple[Place, Entry] | None:
    """The first row that its table takes, of those that are odd in a column: which, is left to chance."""
    if kind not in _ROWS:
        return None
    row = row_of(*like)
    base = another_row(table, row.columns, _NUMBER + KINDS.index(kind))
    if base is None:
        return None
    columns = sorted(base, key=lambda name: chance.number())
    change = _ROWS[kind]
    made = [{**base, name: change(base[name])} for name in columns if change(base[name]) != base[name]]
    for one in made if kind not in (TARGET_THERE, TWO_SOURCES) else [base]:
        if stored(Row(row.table, one, row.binding)) == one:
            return (like[0][0], table.key_of(one)), stored_row(one)
    return None


def _row_there(
    outcomes: Outcomes, target: Wanted, others: Sequence[tuple[Place, Entry]], stored: Stored
) -> dict[Place, Entry]:
    """The row that is at the place of ``target`` already: what one of ``others`` becomes; {} for none."""
    elsewhere = outcomes.targets(*others[0]) if others else ()
    other = (*(elsewhere or ()), target)[0]
    if target.shape is None or other.shape is None:
        return {}
    table = outcomes.tables[target.binding]
    binding, _, name = target.binding.partition(".")
    values, own = json.loads(other.value), json.loads(target.value)
    if other.binding != target.binding or not {*table.key} <= own.keys():
        return {}
    row = stored(Row(name, {**values, **{column: own[column] for column in table.key}}, binding))
    return {} if row is None else {place_of(target): stored_row(row)}
