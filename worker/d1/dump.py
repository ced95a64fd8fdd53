"""A database as SQL that makes it again: the text of ``wrangler d1 export --local``."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kvstore.javascript.values import number_text
from worker.d1.limits import LIMITS
from worker.d1.sqlite import Sqlite

_TABLES: Final = """
    SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL
    ORDER BY tbl_name = 'sqlite_sequence', rowid"""
_REST: Final = """
    SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND type IN ('index', 'trigger', 'view')
    ORDER BY type COLLATE NOCASE"""
_QUOTED_NAME: Final = re.compile("CREATE TABLE ['\"]")
_BEFORE_NAME: Final = len("CREATE TABLE ")


class NotExportable(Exception):
    """The database has what no export can say."""


def dump(path: Path, tables: Collection[str] = (), *, schema: bool, rows: bool) -> Iterator[str]:
    """Line after line, of ``tables`` only if there are any. Raises NotExportable, and apsw.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sqlite = Sqlite(path, LIMITS)
    try:
        yield "PRAGMA defer_foreign_keys=TRUE;"
        for name, sql in sqlite.own(_TABLES):
            if not tables or name in tables:
                yield from _table(sqlite, name, sql, schema=schema, rows=rows)
        for name, sql in sqlite.own(_REST) if schema else ():
            if not tables or name in tables:
                yield f"{sql};"
    finally:
        sqlite.close()


def _table(sqlite: Sqlite, name: str, sql: str, *, schema: bool, rows: bool) -> Iterator[str]:
    if name == "sqlite_sequence":
        begin = "DELETE FROM sqlite_sequence;"
    elif re.match("sqlite_stat.", name):
        begin = "ANALYZE sqlite_schema;"
    elif sql.startswith("CREATE VIRTUAL TABLE"):
        raise NotExportable("D1 Export error: cannot export databases with Virtual Tables (fts5)")
    elif name.startswith(("_cf_", "sqlite_")):
        return
    else:
        quoted = _QUOTED_NAME.match(sql)
        begin = f"CREATE TABLE IF NOT EXISTS {sql[_BEFORE_NAME:]};" if quoted else f"{sql};"
    if schema:
        yield begin
    if rows:
        columns = [_identifier(column[1]) for column in sqlite.own(f"PRAGMA table_info={_identifier(name)}")]
        for row in sqlite.own(f"SELECT {', '.join(columns)} FROM {_identifier(name)}"):
            yield f"INSERT INTO {_identifier(name)} VALUES({_values(row)});"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _values(row: Sequence[Any]) -> str:
    return ",".join(map(_literal, row))


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return _text(value) if isinstance(value, str) else number_text(float(value))


def _text(value: str) -> str:
    """A literal of one line: line breaks are put in when it is read."""
    literal = "'" + value.replace("'", "''").replace("\n", "\\n").replace("\r", "\\r") + "'"
    if "\r" in value:
        literal = f"replace({literal},'\\r',char(13))"
    return f"replace({literal},'\\n',char(10))" if "\n" in value else literal
