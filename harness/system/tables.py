"""What tables a database has, and what is in them: asked beside the Worker, which never notices."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import apsw

from harness.migration import FileFailed
from harness.model.row import Table, label_of, stored_row
from worker.d1 import Ask, Database, Query
from worker.d1.statements import is_empty, split


@dataclass(frozen=True)
class DatabaseCopy:
    """What a database has beside its rows: its ``schema`` as SQL, and the names of the ``applied`` files."""

    label: str
    schema: tuple[str, ...]
    applied: tuple[str, ...]


Keys = Mapping[str, Sequence[str]]

# Where wrangler remembers which files were applied.
APPLIED_TABLE: Final = "d1_migrations"
_COLUMNS: Final = """
SELECT list.name, list.wr, info.name, info.pk
FROM pragma_table_list AS list, pragma_table_info(list.name) AS info
WHERE list.schema = 'main' AND list.type = 'table' AND list.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  AND list.name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND list.name <> ? ORDER BY list.name, info.cid
"""
_UNIQUE: Final = """
SELECT (SELECT name FROM pragma_index_info(one.name) ORDER BY seqno DESC LIMIT 1)
FROM pragma_index_list(?) AS one WHERE one."unique"
"""
_VERSION: Final = "SELECT schema_version FROM pragma_schema_version"


def ask_of(path: Path) -> Ask:
    """The statements of a migration file, as one transaction."""
    return Ask("query", [Query(part) for part in split(path.read_text()) if not is_empty(part)])


def apply_file(database: Database, path: Path) -> None:
    """Carry out a migration file. Raises FileFailed with what the database says."""
    ask = ask_of(path)
    if not ask.queries:
        return
    answer = database.answer(ask)
    if isinstance(answer.body, dict):
        raise FileFailed(f"{path}: {answer.body['error']}")


class Contents:
    """The rows of a database, whose tables are labelled with ``binding``.

    ``keys`` names, by label or by table, the columns that say which row is which, where that is not the
    primary key.
    """

    def __init__(self, database: Database, binding: str, keys: Keys) -> None:
        self.database = database
        self.binding = binding
        self.keys = keys
        self._version = -1
        self._tables: dict[str, Table] = {}
        self._reading: dict[str, str] = {}

    @property
    def tables(self) -> dict[str, Table]:
        """Every table by its label."""
        self.is_new()
        return self._tables

    def is_new(self) -> bool:
        """Whether the tables are others than when this was asked before."""
        ((version,),) = self.database.own(_VERSION)
        if version == self._version:
            return False
        self._version, self._tables, self._reading = version, {}, {}
        self._look()
        return True

    def _look(self) -> None:
        found: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for table, keyed, column, place in self.database.own(_COLUMNS, (APPLIED_TABLE,)):
            found.setdefault((table, keyed), []).append((column, place))
        for (name, keyed), columns in found.items():
            label = label_of(self.binding, name)
            own = self.keys.get(label) or self.keys.get(name)
            key = own or [column for column, at in sorted(columns, key=lambda one: one[1]) if at]
            unique = dict.fromkeys([*key[-1:], *(last for (last,) in self.database.own(_UNIQUE, (name,)))])
            self._tables[label] = Table(tuple(column for column, _ in columns), tuple(key), tuple(unique))
            listed = ", ".join(quoted(column) for column, _ in columns)
            self._reading[label] = f"SELECT {'NULL' if keyed else 'rowid'}, {listed} FROM {quoted(name)}"

    def rows(self, label: str) -> list[Sequence[Any]]:
        """Every row of a table: its rowid, None in a table without, and its columns."""
        return self.database.own(self._reading[label])

    def count(self, label: str) -> int:
        """How many rows a table has."""
        ((count,),) = self.database.own(f"SELECT count(*) FROM ({self._reading[label]})")
        return int(count)

    def row(self, label: str, rowid: int) -> list[Sequence[Any]]:
        """The row with that rowid, in the same form; none when there is none."""
        return self.database.own(f"{self._reading[label]} WHERE rowid = ?", (rowid,))


def made_as(database: Database, copy: DatabaseCopy) -> None:
    """Make the tables, indexes, views and triggers that another database had."""
    for statement in copy.schema:
        database.own(statement)


def stored_alone(copy: DatabaseCopy, table: str, columns: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A row as it is where nothing else is in the tables of a database; None where it cannot be there."""
    written = json.dumps([table, columns], ensure_ascii=False, default=list)
    read = _stored_alone(copy, written)
    return None if read is None else json.loads(read)


@lru_cache(maxsize=1024)
def _stored_alone(copy: DatabaseCopy, written: str) -> str | None:
    table, columns = json.loads(written)
    database = Database()
    try:
        made_as(database, copy)
        contents = Contents(database, copy.label, {})
        label = label_of(copy.label, table)
        if label not in contents.tables:
            return None
        fill(database, [(table, columns)])
        ((_, *values),) = contents.rows(label)
        return stored_row(dict(zip(contents.tables[label].columns, values, strict=True))).value.decode()
    except apsw.Error:
        return None
    finally:
        database.close()


def fill(database: Database, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Insert rows, each with the name of its table, whatever they refer to; no trigger hears of it."""
    with database.without_consequences():
        _insert(database, rows)


def _insert(database: Database, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    for table, columns in rows:
        names, marks = ", ".join(map(quoted, columns)), ", ".join("?" * len(columns))
        values = [bytes(one) if isinstance(one, list) else one for one in columns.values()]
        database.own(f"INSERT OR REPLACE INTO {quoted(table)} ({names}) VALUES ({marks})", values)


def quoted(name: str) -> str:
    """A name as SQL has it, whatever is in it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
