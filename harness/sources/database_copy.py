"""Copies a D1 database of wrangler's state folder: its schema, what was applied to it, and its rows."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import apsw

from harness.model.record import Place
from harness.model.row import stored_row
from harness.system.stages import Stages
from harness.system.tables import APPLIED_TABLE, Contents, DatabaseCopy, Keys
from kvstore import Entry, SourceError
from worker.d1 import Database, database_path

_FOLDERS: Final = (".wrangler/state/v3/d1", "v3/d1", "d1")
_SCHEMA: Final = f"""
SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> '{APPLIED_TABLE}'
  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
  AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
ORDER BY type = 'trigger', type = 'view', type = 'index', rowid
"""
_APPLIED: Final = f"SELECT name FROM {APPLIED_TABLE}"


@dataclass(frozen=True)
class Databases:
    """What is there of the databases of a migration: ``copies`` of them, and their ``rows``."""

    copies: tuple[DatabaseCopy, ...]
    rows: Mapping[Place, Entry]


def copy_databases(folder: Path, stages: Stages, keys: Keys) -> Databases:
    """The databases that the stages' Workers bind, as far as ``folder`` holds them. They are only read.

    Raises SourceError for a file that is not a database.
    """
    copies: list[DatabaseCopy] = []
    rows: dict[Place, Entry] = {}
    for identity, label in stages.database_ids.items():
        for path in (database_path(folder / one, identity) for one in _FOLDERS):
            if path.is_file() and label not in [copy.label for copy in copies]:
                copy, found = _copied(path, label, keys)
                copies.append(copy)
                rows.update(found)
    return Databases(tuple(copies), rows)


def _copied(path: Path, label: str, keys: Keys) -> tuple[DatabaseCopy, dict[Place, Entry]]:
    with TemporaryDirectory() as folder:
        mine = Path(folder) / path.name
        # What was committed last is in the write-ahead log beside the file.
        for ending in ("", "-wal"):
            if (theirs := path.with_name(path.name + ending)).is_file():
                shutil.copy(theirs, mine.with_name(mine.name + ending))
        try:
            database = Database(mine)
        except apsw.Error as error:
            raise SourceError(f"{path} is not a D1 database: {error}") from error
        try:
            return _read(database, label, keys)
        finally:
            database.close()


def _read(database: Database, label: str, keys: Keys) -> tuple[DatabaseCopy, dict[Place, Entry]]:
    schema = tuple(sql for (sql,) in database.own(_SCHEMA))
    is_applied = database.own("SELECT 1 FROM sqlite_master WHERE name = ?", (APPLIED_TABLE,))
    applied = tuple(name for (name,) in database.own(_APPLIED)) if is_applied else ()
    contents = Contents(database, label, keys)
    rows = {}
    for table_label, table in contents.tables.items():
        for rowid, *values in contents.rows(table_label):
            columns = dict(zip(table.columns, values, strict=True))
            key = table.key_of(columns) if table.key else f"rowid {rowid}"
            rows[table_label, key] = stored_row(columns)
    return DatabaseCopy(label, schema, applied), rows
