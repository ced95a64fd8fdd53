"""A D1 database: SQLite behind what the binding asks, with the answers of the product."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw

from kvstore.clock import Clock, stopwatch
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import MAX_SAFE_INTEGER
from worker.d1 import messages
from worker.d1.errors import DatabaseReset, QueryError
from worker.d1.limits import LIMITS, Limits
from worker.d1.service import Answer, Ask, Format, failed
from worker.d1.sqlite import Row, Sqlite, error_text
from worker.d1.statements import Text, look_at

Asked = tuple[Text, Sequence[Any]]

SERVED_BY: Final = "miniflare.db"
_NUMBERS: Final = frozenset({int, float})
_PLAIN: Final = frozenset({str, type(None)})
_BLANK: Final = look_at("", 0)
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

    ``clock`` and ``entropy`` are where SQL gets time and chance: from the machine, unless they are given.
    """

    def __init__(
        self,
        path: Path | None = None,
        limits: Limits = LIMITS,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
    ) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._limits = limits
        self._sqlite = Sqlite(path, limits, clock, entropy)
        self._entropy = entropy or SystemEntropy()
        self._known = Known(self._sqlite)
        # The time, the changes so far and the last rowid, before the statement that comes next.
        self._before = 0.0, 0, 0

    async def __call__(self, ask: Ask) -> Answer:
        return self.answer(ask)

    def answer(self, ask: Ask) -> Answer:
        """As calling it, without waiting for anything. Raises DatabaseReset."""
        if ask.endpoint == "dump":
            return Answer(b"", status=404)
        asked: list[Asked] = []
        before, text = None, _BLANK
        try:
            for sql, params in ask.queries:
                values = _bound(params)
                if values is None or not isinstance(sql, str):
                    return Answer(messages.NOT_A_QUERY.encode(), status=500)
                if sql is not before:  # a batch often has one text, again and again
                    before, text = sql, look_at(sql, self._limits.statement_size)
                if not text.is_blank:
                    asked.append((text, values))
            if not asked:
                return failed(messages.NO_STATEMENTS)
            return Answer(self._transaction(asked, ask.format), self._known.bookmark)
        except QueryError as error:
            return failed(str(error))

    @property
    def bookmark(self) -> str:
        """What the last answer had: it grows, compared as text, with every call that may have written."""
        return self._known.bookmark

    @property
    def state(self) -> tuple[str, int]:
        """Another one once something may have changed, by whatever program."""
        ((others,),) = self._sqlite.own("PRAGMA data_version")  # which reads the file, unlike apsw's
        return self._known.bookmark, others

    def snapshot(self) -> bytes:
        """Everything that is in the database now, for `load`."""
        return self._sqlite.snapshot()

    def load(self, snapshot: bytes) -> None:
        """Become what another database was; of one in memory only."""
        self._sqlite.load(snapshot)

    def own(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a statement of who holds the database, which may do anything and is no call of D1."""
        return self._sqlite.own(sql, values)

    @contextmanager
    def without_consequences(self) -> Iterator[None]:
        """While the block lasts no foreign key is looked at, and no trigger fires."""
        connection = self._sqlite.connection
        for option in (apsw.SQLITE_DBCONFIG_ENABLE_FKEY, apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER):
            connection.config(option, 0)
        try:
            yield
        finally:
            for option in (apsw.SQLITE_DBCONFIG_ENABLE_FKEY, apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER):
                connection.config(option, 1)

    def watch(self, changed: Callable[[int, str, str, int], None]) -> None:
        """``changed(kind, schema, table, rowid)`` is called for every row that is written, even with the same
        values: but not for tables without a rowid, rows that REPLACE or a whole DELETE removes, and schemas.
        """
        self._sqlite.connection.set_update_hook(changed)

    def close(self) -> None:
        self._sqlite.close()

    def _transaction(self, asked: Sequence[Asked], form: Format) -> list[dict[str, Any]]:
        sqlite, reads = self._sqlite, asked[0][0].only_reads
        alone = reads and len(asked) == 1  # a transaction of its own, for SQLite too
        if not alone:
            reads = all(text.only_reads for text, _ in asked)
        try:
            if not alone:
                sqlite.begin(reads=reads)
            self._known.refresh()
            connection = sqlite.connection
            self._before = stopwatch(), connection.total_changes(), connection.last_insert_rowid()
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
        size = self._known.size
        for result in results:
            meta = result["meta"]
            if meta["changes"]:
                meta["size_after"] = size

    def _commit(self, alone: bool, *, reads: bool) -> None:
        try:
            if not alone:
                self._sqlite.commit()
        except apsw.ConstraintError as error:
            self._sqlite.reset()
            raise DatabaseReset(messages.LEFT_VIOLATED + error_text(error)) from error
        self._known.committed(reads=reads)

    def _internal_error(self) -> DatabaseReset:
        self._sqlite.reset()
        return DatabaseReset(messages.internal_error(self._entropy.token(_REFERENCE_BYTES).hex()))

    def _result(self, asked: Asked, form: Format) -> dict[str, Any]:
        text, values = asked
        sqlite, known = self._sqlite, self._known
        connection, size = sqlite.connection, known.size
        start, total, last = self._before
        columns, rows = sqlite.run(text.before, text.last, values, start)
        self._before = now, now_total, now_last = (
            stopwatch(),
            connection.total_changes(),
            connection.last_insert_rowid(),
        )
        changes = now_total - total
        if not changes and not text.only_reads:
            known.measure()
        of_the_last = now_total - sqlite.changes_before if text.before else changes
        rows_read, rows_written = sqlite.cost.end(of_the_last, 0 if changes else len(rows))
        meta = {
            "served_by": SERVED_BY,
            "duration": int((now - start) * 1e6) / 1000,
            "changes": changes,
            "last_row_id": now_last,
            "changed_db": changes != 0 or now_last != last or size != known.size,
            "size_after": known.size,
            "rows_read": rows_read,
            "rows_written": rows_written,
        }
        return {"success": True, "results": _written(columns, rows, form), "meta": meta}


class Known:
    """What is known of the file without asking: its ``size`` in bytes, and a ``bookmark``.

    The bookmark grows, compared as text, with every call that may have written.

    Asked for again once somebody else has written.
    """

    def __init__(self, sqlite: Sqlite) -> None:
        self._sqlite = sqlite
        self._version = -1
        self.size = 0
        self._calls = -1
        self._count(0)

    def _count(self, calls: int) -> None:
        if calls != self._calls:
            self._calls = calls
            self.bookmark = f"{0:08x}-{calls:08x}-{0:08x}-{0:032x}"

    def refresh(self) -> None:
        if self._sqlite.connection.data_version() != self._version:
            self.measure()
            found = self._sqlite.own(_HAS_CALLS) and self._sqlite.own(_CALLS)
            self._count(max(self._calls, int(found[0][0]) if found else 0))

    def measure(self) -> None:
        ((pages,),) = self._sqlite.own(_PAGES)
        self.size = max(1, pages) * _PAGE

    def committed(self, *, reads: bool) -> None:
        """After the first call the runtime's own table is there, which schemas and listings show."""
        if not self._calls:
            for statement in _BEGIN_COUNTING:
                self._sqlite.own(statement)
            self.measure()
        self._count(self._calls + (not (self._calls and reads)))
        self._version = self._sqlite.connection.data_version()


def _bound(params: Any) -> Sequence[Any] | None:
    """Parameters as SQLite gets them, or None when they are none: numbers are REAL, and a list is a blob."""
    if type(params) is not list and type(params) is not tuple:
        return () if params is None else None
    if _PLAIN.issuperset(map(type, params)):
        return params
    values: list[Any] = []
    for param in params:
        kind = type(param)
        if kind is str or param is None:
            values.append(param)
        elif kind is float or kind is int:
            values.append(float(param))
        elif kind is list and all(type(byte) in _NUMBERS for byte in param):
            values.append(bytes(int(byte) % 256 for byte in param))
        else:
            return None
    return values


def _written(columns: list[str], rows: Sequence[Row], form: Format) -> Any:
    values = [[one if type(one) in _PLAIN else _value(one) for one in row] for row in rows] if rows else []
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
