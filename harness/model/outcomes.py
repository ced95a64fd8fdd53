"""What entries and rows become, as a migration declares it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from harness.engine.under_way import asking
from harness.migration import Entry as Wanted
from harness.migration import Migration, MigrationError, Rule, Shape, entry_of, mistyped, unstorable
from harness.model.record import Place
from harness.model.row import WHOLE, Row, Table, checked, is_table, label_of, row_of, shape_of, shaped
from kvstore import Entry

# An end that nobody's entry has, in seconds: what depends on it is what says when an entry ends.
_SOME_END: Final = 4_100_000_001


class Unstorable(Exception):
    """What an entry is to become is nothing that KV takes."""


class Outcomes:
    """What entries become, by `Migration.becomes`: asked once for each entry.

    ``tables`` are those that its rows can be in, by label.
    """

    def __init__(self, migration: Migration, tables: Mapping[str, Table]) -> None:
        self.migration = migration
        self.tables = tables
        # How rows of a table are looked at, from those that entries became.
        self._shapes: dict[str, Shape] = {}
        self._known: dict[tuple[Place, Entry], tuple[Wanted, ...] | None] = {}

    def targets(self, place: Place, stored: Entry) -> tuple[Wanted, ...] | None:
        """What an old entry becomes; None when it cannot be moved. The place must have a rule."""
        key = place, stored
        if key not in self._known:
            self._known[key] = self.ask(place, stored)
        return self._known[key]

    def refusal(self, place: Place, stored: Entry) -> str | None:
        """Why an old entry cannot be moved; None for one that can."""
        try:
            self._made(place, stored)
        except MigrationError:
            raise
        except Unstorable as error:
            return str(error)
        except Exception as error:  # whatever a user's function raises: this entry is not one of its kind
            return f"{type(error).__name__}: {error}"
        return None

    def ask(self, place: Place, stored: Entry) -> tuple[Wanted, ...] | None:
        """The same, and the answer is not kept: for more entries than fit in memory."""
        try:
            return self._made(place, stored)
        except MigrationError:
            raise
        except Exception:  # as above
            return None

    def _made(self, place: Place, stored: Entry) -> tuple[Wanted, ...]:
        rule = self.migration.rule_for(*place)
        assert rule is not None
        several = _given(rule, place, stored)
        return tuple(self._checked(rule, place, stored, at, one) for at, one in enumerate(several))

    def _checked(self, rule: Rule, place: Place, stored: Entry, at: int, one: Any) -> Wanted:
        if isinstance(one, Row):
            return self._row(rule, place, stored, at)
        if not isinstance(one, Wanted):
            raise MigrationError(
                f"{rule.name}({place[1]!r}) gives {one!r}: it must give an Entry, a Row, several, or None"
            )
        if (wrong := mistyped(one)) is not None:
            raise MigrationError(f"{rule.name}({place[1]!r}) gives an entry {wrong}")
        if (why := unstorable(one)) is not None:
            raise Unstorable(why)
        return one if one.binding else replace(one, binding=place[0])

    def _row(self, rule: Rule, place: Place, stored: Entry, at: int) -> Wanted:
        """The row that an entry becomes as the one at that place of several.

        Which of its columns are of the entry's metadata, and which says when it ends, shows in what the same
        entry would become without metadata, and with another end.
        """
        row = _given(rule, place, stored)[at]
        assert isinstance(row, Row)
        label = label_of(row.binding or self.migration.database, row.table)
        table = checked(row, label, self.tables)
        shape = WHOLE
        if not is_table(place[0]):
            without = (
                None if stored.metadata is None else _tried(rule, place, stored._replace(metadata=None), at)
            )
            ending = _tried(rule, place, stored._replace(expiration=_SOME_END), at)
            shape = shape_of(row, without, ending, _SOME_END)
        else:
            shape = Shape(frozenset(row.columns))
        known = self._shapes.get(label, WHOLE)
        self._shapes[label] = Shape(
            None, known.metadata | shape.metadata, shape.expiration or known.expiration, shape.unit
        )
        return shaped(shape, (label, table.key_of(row.columns)), row.columns, stored.expiration)

    def is_about(self, table: str) -> bool:
        """Whether anything became a row of that table, or is declared of it."""
        return table in self._shapes or any(rule.binding == table for rule in self.migration.mapping)

    def written(self, place: Place, stored: Entry) -> Wanted:
        """What a client wrote at a place, as what is wanted there."""
        if not is_table(place[0]):
            return entry_of(place[1], stored, place[0])
        return shaped(self._shapes.get(place[0], WHOLE), place, json.loads(stored.value))


def _given(rule: Rule, place: Place, stored: Entry) -> tuple[Any, ...]:
    """What the function of a rule gives for an entry or a row."""
    old: Any = row_of(place, stored) if is_table(place[0]) else entry_of(place[1], stored, place[0])
    with asking(f"{rule.name}({place[1]!r})"):
        made = rule.function(place[1].removeprefix(rule.prefix), old)
    alone = isinstance(made, str | bytes | Mapping) or not isinstance(made, Iterable)
    return () if made is None else (made,) if alone else tuple(made)


def _tried(rule: Rule, place: Place, stored: Entry, at: int) -> Row | None:
    """The row at that place of what another entry would become; None where there is none."""
    try:
        row = _given(rule, place, stored)[at]
    except Exception:  # whatever a user's function raises of what nobody's entry is
        return None
    return row if isinstance(row, Row) else None


def place_of(wanted: Wanted) -> Place:
    return wanted.binding, wanted.key
