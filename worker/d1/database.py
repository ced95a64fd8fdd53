"""A D1 database: SQLite behind what the binding asks, with the answers of the product."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from kvstore.clock import stopwatch
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import MAX_SAFE_INTEGER
from worker.d1 import messages
from worker.d1.errors import DatabaseReset, QueryError
from worker.d1.limits import LIMITS, Limits
from worker.d1.service import Answer, Ask, Format, failed
from worker.d1.sqlite import Row, Sqlite, error_text
from worker.d1.statements import Text, look_at

Asked = tuple[Text, Sequence[Any] | None]

SERVED_BY: Final = "miniflare.db"
_REFERENCE_BYTES: Final = 12
_PAGE: Final = 4096
# The text of the table is the runtime's, as listings of the schema show it.
_BEGIN_COUNTING: Final = (
    "BEGIN IMMEDIATE",
    """CREATE TABLE IF NOT EXISTS _cf_METADATA (
        key INTEGER PRIMARY KEY,
        value BLOB
      )""",
    "INSERT INTO _cf_METADATA VALUES (2, 1) ON CONFLICT DO UPDATE SET value = value + 1",
    "COMMIT",
)
_PAGES: Final = "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count"
_HAS_CALLS: Final = "SELECT 1 FROM sqlite_master WHERE name = '_cf_METADATA'"
_CALLS: Final = "SELECT value FROM _cf_METADATA WHERE key = 2"


class Database:
    """One database, in memory or in the file ``path``; a Service. Not for two threads at a time.

    Every call is one transaction: it is committed when the call returns, or has changed nothing. A lock of
    another process is waited for, 5 s at most. What is committed survives the end of this process; after a
    power cut the last calls may be missing, each as a whole. Raises apsw.Error when the file cannot be used.
    """

    def __init__(
        self, path: Path | None = None, limits: Limits = LIMITS, entropy: Entropy | None = None
    ) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._limits = limits
        self._sqlite = Sqlite(path, limits)
        self._entropy = entropy or SystemEntropy()
        self._known = Known(self._sqlite)

    async def __call__(self, ask: Ask) -> Answer:
        return self.answer(ask)

    def answer(self, ask: Ask) -> Answer:
        """As calling it, without waiting for anything. Raises DatabaseReset."""
        if ask.endpoint == "dump":
            return Answer(b"", status=404)
        if not all(isinstance(query.sql, str) and _are_parameters(query.params) for query in ask.queries):
            return Answer(messages.NOT_A_QUERY.encode(), status=500)
        try:
            asked = [(look_at(query.sql, self._limits.statement_size), query.params) for query in ask.queries]
            asked = [(text, params) for text, params in asked if not text.is_blank]
            if not asked:
                return failed(messages.NO_STATEMENTS)
            return Answer(self._transaction(asked, ask.format), self.bookmark)
        except QueryError as error:
            return failed(str(error))

    @property
    def bookmark(self) -> str:
        """What the last answer had: it grows, compared as text, with every call that may have written."""
        return bookmark(self._known.calls)

    def snapshot(self) -> bytes:
        """Everything that is in the database now, for `load`."""
        return self._sqlite.snapshot()

    def load(self, snapshot: bytes) -> None:
        """Become what another database was; of one in memory only."""
        self._sqlite.load(snapshot)

    def close(self) -> None:
        self._sqlite.close()

    def _transaction(self, asked: Sequence[Asked], form: Format) -> list[dict[str, Any]]:
        sqlite, reads = self._sqlite, all(text.only_reads for text, _ in asked)
        alone = reads and len(asked) == 1  # a transaction of its own, for SQLite too
        try:
            if not alone:
                sqlite.begin(reads=reads)
            self._known.refresh()
            results = [self._result(one, form) for one in asked]
            if not reads:
                self._measured(results)
        except apsw.Error as error:
            raise sqlite.failure(error, alone=alone) or self._internal_error() from error
        else:
            self._commit(alone, reads=reads)
        finally:
            sqlite.roll_back()
        return results

    def _measured(self, results: Sequence[dict[str, Any]]) -> None:
        """The size after each: of those that changed rows, what it is after the last."""
        self._known.measure()
        for result in results:
            if result["meta"]["changes"]:
                result["meta"]["size_after"] = self._known.size

    def _commit(self, alone: bool, *, reads: bool) -> None:
        try:
            if not alone:
                self._sqlite.commit()
        except apsw.ConstraintError as error:
            self._sqlite.reset()
            raise DatabaseReset(messages.LEFT_VIOLATED + error_text(error)) from error
        self._known.committed(reads=reads)

    def _internal_error(self) -> DatabaseReset:
        return DatabaseReset(messages.internal_error(self._entropy.token(_REFERENCE_BYTES).hex()))

    def _result(self, asked: Asked, form: Format) -> dict[str, Any]:
        text, params = asked
        connection, start, size = self._sqlite.connection, stopwatch(), self._known.size
        total, last = connection.total_changes(), connection.last_insert_rowid()
        columns, rows = self._sqlite.run(text.statements, [*map(_bound, params or ())])
        changes, now_last = connection.total_changes() - total, connection.last_insert_rowid()
        if not changes and not text.only_reads:
            self._known.measure()
        rows_read, rows_written = self._sqlite.cost.end(changes)
        meta = {
            "served_by": SERVED_BY,
            "duration": round((stopwatch() - start) * 1000, 3),
            "changes": changes,
            "last_row_id": now_last,
            "changed_db": changes != 0 or now_last != last or size != self._known.size,
            "size_after": self._known.size,
            "rows_read": rows_read,
            "rows_written": rows_written,
        }
        return {"success": True, "results": _written(columns, rows, form), "meta": meta}


def bookmark(calls: int) -> str:
    """Grows with ``calls`` when compared as text."""
    return f"{0:08x}-{calls:08x}-{0:08x}-{0:032x}"


class Known:
    """What is known of the file without asking: its ``size`` in bytes, and ``calls``, which counts those that
    may have written.

    Asked for again once somebody else has written.
    """

    def __init__(self, sqlite: Sqlite) -> None:
        self._sqlite = sqlite
        self._version = -1
        self.size = 0
        self.calls = 0

    def refresh(self) -> None:
        if self._sqlite.connection.data_version() != self._version:
            self.measure()
            found = self._sqlite.own(_HAS_CALLS) and self._sqlite.own(_CALLS)
            self.calls = max(self.calls, int(found[0][0]) if found else 0)

    def measure(self) -> None:
        ((pages,),) = self._sqlite.own(_PAGES)
        self.size = max(1, pages) * _PAGE

    def committed(self, *, reads: bool) -> None:
        """After the first call the runtime's own table is there, which schemas and listings show."""
        if not self.calls:
            for statement in _BEGIN_COUNTING:
                self._sqlite.own(statement)
            self.measure()
        self.calls += not (self.calls and reads)
        self._version = self._sqlite.connection.data_version()


def _are_parameters(params: Any) -> bool:
    return params is None or (isinstance(params, list | tuple) and all(map(_is_parameter, params)))


def _is_parameter(param: Any) -> bool:
    if isinstance(param, list):
        return all(map(_is_number, param))
    return param is None or isinstance(param, str) or _is_number(param)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(param: Any) -> str | float | bytes | None:
    """A parameter as SQLite gets it: every number is REAL, and a list is a blob."""
    if isinstance(param, list):
        return bytes(int(byte) % 256 for byte in param)
    return param if param is None or isinstance(param, str) else float(param)


def _written(columns: list[str], rows: Sequence[Row], form: Format) -> Any:
    values = [[*map(_value, row)] for row in rows]
    if form == "ROWS_AND_COLUMNS":
        return {"columns": columns, "rows": values}
    return [in_member_order(dict(zip(columns, row, strict=True))) for row in values]


def _value(value: Any) -> Any:
    """A value of a row as JSON has it: what a JavaScript number cannot hold is rounded, or null."""
    kind = type(value)
    if kind is int:
        return value if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else float(value)
    if kind is float:
        return value + 0.0 if math.isfinite(value) else None
    return list(value) if kind is bytes else value
