"""``ctx.storage.sql``: SQL on the tables of one object. Texts measured on workerd.

Rows are read when the query is made, in the object's own transaction: what is written before the next
``await`` is committed together, keys and tables alike. ``rowsRead`` counts the rows that were given, and
``rowsWritten`` those that were changed; the platform also counts what it looked at, and indexes.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

from kvstore.javascript.values import ArrayBuffer, Undefined, is_bigint, is_number, to_string
from worker.d1 import messages
from worker.d1.authorizer import Authorizer
from worker.d1.errors import QueryError
from worker.d1.limits import LIMITS
from worker.d1.statements import first_word, is_empty, look_at
from worker.durable.storage.rows import Rows
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject

_READS: Final = frozenset({"SELECT", "VALUES", "EXPLAIN", "PRAGMA"})
_NO_RESULT: Final = "Expected exactly one result from SQL query, but got no results."
_RESULTS: Final = "Expected exactly one result from SQL query, but got multiple results."
_NOT_TEXT: Final = "Failed to execute 'exec' on 'SqlStorage': parameter 1 is not of type 'JsString'."
NOT_ENABLED: Final = (
    "SQL is not enabled for this Durable Object class. To enable it, change `new_classes` to "
    "`new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If "
    "using workerd directly,set `enableSql = true` in your workerd config for the class. Note that this "
    "change cannot be made after the class is already deployed to production."
)


class Cursor(JsObject):
    """What a query found: each row once, by whichever method asks first."""

    def __init__(self, columns: list[str], rows: list[tuple[Any, ...]], written: int) -> None:
        self.columnNames = columns
        self.rowsRead = len(rows)
        self.rowsWritten = written
        self._rows = iter(rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columnNames, row, strict=True)) for row in self._rows)

    def toArray(self) -> list[dict[str, Any]]:
        return list(self)

    def next(self) -> dict[str, Any]:
        """``{done, value}``, as of any iterator."""
        row = next(iter(self), None)
        return {"done": True} if row is None else {"done": False, "value": row}

    def one(self) -> dict[str, Any]:
        """The only row. Raises JsException when there are none or more."""
        rows = list(self)
        if len(rows) != 1:
            raise JsException("Error", _RESULTS if rows else _NO_RESULT)
        return rows[0]

    def raw(self) -> "RawCursor":
        """The rows as arrays of their values."""
        return RawCursor(self._rows)


class RawCursor(JsObject):
    js_name = "RawIterator"

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[list[Any]]:
        return (list(row) for row in self._rows)

    def toArray(self) -> list[list[Any]]:
        return list(self)

    def next(self) -> dict[str, Any]:
        row = next(self._rows, None)
        return {"done": True} if row is None else {"done": False, "value": list(row)}


class SqlStorage(JsObject):
    """``begin`` is called with the name of the operation before every query."""

    def __init__(self, rows: Rows, begin: Callable[[str], None], *, enabled: bool) -> None:
        self._rows = rows
        self._begin = begin
        self._enabled = enabled

    def exec(self, query: Any = None, *values: Any) -> Cursor:
        """Run all statements of ``query``; the last one gets ``values``, and gives the rows.

        Raises JsException with the texts of workerd, without the offset that it adds to some.
        """
        if not self._enabled:
            raise JsException("Error", NOT_ENABLED)
        if query is None or isinstance(query, Undefined):
            raise type_error(_NOT_TEXT)
        self._begin("sql")
        bound = tuple(map(_bound, values))
        try:
            text = look_at(to_string(query), LIMITS.statement_size)
        except QueryError as error:
            raise JsException("Error", str(error)) from error
        *before, last = [one for one in (*text.before, text.last) if not is_empty(one)] or [""]
        if not last:
            raise JsException("Error", messages.NO_STATEMENT)
        for statement in before:
            self._run(statement, (), messages.PARAMETERS_NOT_LAST)
        return self._run(last, bound, messages.WRONG_COUNT)

    @property
    def databaseSize(self) -> int:
        """Bytes of the database."""
        return self._rows.size

    def _run(self, statement: str, values: tuple[Any, ...], unfit: str) -> Cursor:
        allowed = Authorizer()
        try:
            columns, rows, written = self._rows.run(
                statement, values, allowed, writes=first_word(statement) not in _READS
            )
        except sqlite3.ProgrammingError as error:
            raise JsException("Error", unfit) from error
        except sqlite3.Error as error:
            raise JsException("Error", _text(error, allowed)) from error
        return Cursor(columns, [tuple(map(_read, row)) for row in rows], written)


def _bound(value: Any) -> Any:
    """What SQLite gets for an argument. Raises JsException for a BigInt."""
    if value is None or isinstance(value, Undefined):
        return None
    if is_bigint(value):
        raise type_error("Cannot convert a BigInt value to a number")
    if is_number(value):
        return float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return to_string(value)


def _read(value: Any) -> Any:
    if isinstance(value, bytes):
        return ArrayBuffer(value)
    return float(value) if is_bigint(value) else value


def _text(error: sqlite3.Error, allowed: Authorizer) -> str:
    if allowed.refused_transaction:
        return messages.TRANSACTION
    name: str = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    code = "_".join(name.split("_")[:2])
    said, prohibited, _ = str(error).removeprefix("access to ").partition(" is prohibited")
    if prohibited:  # as if it were not there
        return f"no such table: {said.partition('.')[0]}: SQLITE_ERROR"
    if said.startswith("not authorized to use function"):
        code = name = "SQLITE_ERROR"
    return f"{said}: {code}" + (f" (extended: {name})" if name != code else "")
