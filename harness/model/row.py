"""Rows of D1 as a migration sees them, and how they are compared with what is stored.

Where something is stored is one notion, a place: the key of a namespace, or the row of a table. The place of
a row is the label ``<binding>.<table>``, and the values of the table's primary key as text; what is stored
there is a JSON object of its columns.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import kvstore
from harness.migration import Entry, MigrationError, Shape
from harness.model.record import Place

_SECOND, _MILLISECOND = 1, 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a D1 table as a migration sees it.

    ``columns`` are values by name: None, numbers, texts, bytes. Those of the table's primary key say which
    row it is; columns that are not named are not judged. ``binding`` names the database, "" for the only one.
    """

    table: str
    columns: Mapping[str, Any]
    binding: str = ""

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]

    def at(self, table: str, **columns: Any) -> "Row":
        """This row in another ``table`` or with other ``columns``; what is not said stays."""
        return Row(table, {**self.columns, **columns}, self.binding)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a database: its ``columns``, and those of them that say which row it is.

    ``unique`` are the last columns of every key and index of which no two rows have the same.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    unique: tuple[str, ...] = ()

    def key_of(self, row: Mapping[str, Any]) -> str:
        """The values of the primary key as text: a single text itself, else JSON."""
        values = [_plain(row[name]) for name in self.key]
        if len(values) == 1:
            return values[0] if isinstance(values[0], str) else _written(values[0])
        return _written(values)


def another_row(table: Table, row: Mapping[str, Any], number: int) -> dict[str, Any] | None:
    """A row like another one with a key of its own, and other values where none may be there twice."""
    found = dict(row)
    for name in table.unique or table.key[-1:]:
        value = found.get(name)
        if isinstance(value, str):
            found[name] = f"{value}-{number}"
        elif isinstance(value, int | float):
            found[name] = value + 1_000_000 * number
        elif value is not None:
            return None
    return found if table.key and found != row else None


def label_of(binding: str, table: str) -> str:
    return f"{binding}.{table}"


def is_table(label: str) -> bool:
    """Whether a label is that of a table; no binding has a point in its name."""
    return "." in label


def named(place: Place) -> str:
    """A place as reports name it: a key, or a table and its row."""
    label, key = place
    return f"{label.partition('.')[2]}/{key}" if is_table(label) else key


def row_of(place: Place, stored: kvstore.Entry) -> Row:
    """A stored row as a migration sees it."""
    binding, _, table = place[0].partition(".")
    return Row(table, json.loads(stored.value), binding)


def stored_row(columns: Mapping[str, Any]) -> kvstore.Entry:
    """A row as it is kept at its place."""
    return kvstore.Entry(_written(columns).encode())


def shaped(shape: Shape, place: Place, row: Mapping[str, Any], ends: int | None = None) -> Entry:
    """A row as an entry; ``ends`` is its expiration (seconds) where no column says it."""
    row = {name: _plain(value) for name, value in row.items()}
    judged = row.keys() if shape.columns is None else row.keys() & shape.columns
    value = {name: row[name] for name in row if name in judged - shape.metadata - {shape.expiration}}
    metadata = {name: row[name] for name in row if name in judged & shape.metadata}
    if shape.expiration:
        ends = _seconds(row.get(shape.expiration), shape.unit)
    return Entry(
        place[1],
        _written(value).encode(),
        None if all(one is None for one in metadata.values()) else metadata,
        ends,
        place[0],
        is_json=True,
        shape=shape,
    )


WHOLE: Final = Shape()


def shape_of(row: Row, without_metadata: Row | None, ending: Row | None, end: int) -> Shape:
    """How a row is made of an entry, from what else the same entry would become.

    ``without_metadata`` is the row of the entry without its metadata, ``ending`` that of one which ends at
    ``end`` (seconds); None where there is none.
    """
    metadata = frozenset(_differing(row, without_metadata))
    for name in _differing(row, ending):
        assert ending is not None
        for unit in (_SECOND, _MILLISECOND):
            if ending.columns.get(name) == end * unit:
                return Shape(frozenset(row.columns), metadata - {name}, name, unit)
    return Shape(frozenset(row.columns), metadata)


def _differing(row: Row, other: Row | None) -> Iterable[str]:
    if other is None or other.table != row.table:
        return ()
    return [name for name, value in row.columns.items() if other.columns.get(name) != value]


def _seconds(value: Any, unit: int) -> int | None:
    return int(value // unit) if isinstance(value, int | float) else None


def _plain(value: Any) -> Any:
    """A value as the binding gives it back: a number, a text, None, or the numbers of a blob's bytes."""
    if isinstance(value, bytes | bytearray | memoryview):
        return list(bytes(value))
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def checked(row: Any, label: str, tables: Mapping[str, Table]) -> Table:
    """The table of a row that a migration gives. Raises MigrationError when there is no such row."""
    table = tables.get(label)
    if table is None:
        known = ", ".join(tables) or "none"
        raise MigrationError(
            f"there is no table {label}: the migration files of the Workers make {known}. Name the table, "
            "and the database where a Worker binds several: Row(table, columns, binding)"
        )
    unknown = [name for name in row.columns if name not in table.columns]
    if unknown:
        raise MigrationError(
            f"the table {label} has no column {unknown[0]}: it has {', '.join(table.columns)}"
        )
    if not table.key:
        raise MigrationError(
            f"the table {label} has no primary key, which says which row is which: declare one in its "
            f'migration file, or name the columns: Migration(…, keys={{"{label}": ("name",)}})'
        )
    missing = [name for name in table.key if name not in row.columns]
    if missing:
        raise MigrationError(
            f"a row of {label} must give its key, {', '.join(table.key)}: {missing[0]} is missing. Where the "
            f'database makes it, name columns that are given: Migration(…, keys={{"{label}": ("name",)}})'
        )
    return table
