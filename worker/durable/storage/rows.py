"""An object's storage in SQLite: its keys, its alarm, and the writes that are not committed yet.

The tables are those of workerd (measured): ``_cf_KV`` with serialised values, and the alarm, in nanoseconds,
in row 1 of ``_cf_METADATA``. Every first write begins a transaction; `flush` commits it and `rollback`
forgets it, so that writes without an ``await`` between them are stored together or not at all.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from kvstore.sql.inline import InlineDatabase
from worker.durable.limits import ROW_BYTES
from worker.sdk.ffi.errors import JsException

SETUP: Final = (
    "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)",
)
_NS: Final = 1_000_000
_ALARM: Final = 1
_TOO_BIG: Final = "string or blob too big: SQLITE_TOOBIG"


@dataclass(frozen=True, slots=True)
class Range:
    """Keys from ``start`` on and before ``end``, without ``after``, that begin with ``prefix``."""

    start: str = ""
    after: str | None = None
    end: str | None = None
    prefix: str = ""
    reverse: bool = False
    limit: int | None = None


class Rows:
    """The rows of one object.

    ``on_commit`` is called for every commit that changed the alarm: its time in milliseconds, or None.
    """

    def __init__(self, database: InlineDatabase) -> None:
        self.database = database
        self.on_commit: Callable[[int | None], None] = lambda alarm: None
        self._execute = database.connection.execute
        self._alarm_changed = False
        self._nested = 0
        database.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, ROW_BYTES)

    def get(self, key: str) -> bytes | None:
        found = self._execute("SELECT value FROM _cf_KV WHERE key = ?", (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def put(self, key: str, value: bytes) -> None:
        """Raises JsException for a row that is too long."""
        self._write("INSERT OR REPLACE INTO _cf_KV VALUES (?, ?)", (key, value))

    def delete(self, key: str) -> bool:
        """Whether there was something to delete."""
        return self._write("DELETE FROM _cf_KV WHERE key = ?", (key,)) > 0

    def delete_all(self) -> None:
        self._write("DELETE FROM _cf_KV", ())

    def scan(self, wanted: Range) -> list[tuple[str, bytes]]:
        """Keys in the order of their UTF-8 bytes, with their values."""
        conditions = ["key >= ?", "substr(key, 1, ?) = ?"]
        values: list[Any] = [max(wanted.start, wanted.prefix, key=str.encode)]
        values += [len(wanted.prefix), wanted.prefix]
        for bound, condition in ((wanted.after, "key > ?"), (wanted.end, "key < ?")):
            if bound is not None:
                conditions.append(condition)
                values.append(bound)
        order = "DESC" if wanted.reverse else "ASC"
        sql = f"SELECT key, value FROM _cf_KV WHERE {' AND '.join(conditions)} ORDER BY key {order} LIMIT ?"
        limit = -1 if wanted.limit is None else wanted.limit
        return [(key, bytes(value)) for key, value in self._execute(sql, (*values, limit))]

    @property
    def alarm(self) -> int | None:
        """When the alarm is to ring, in milliseconds since the epoch; None without one."""
        found = self._execute("SELECT value FROM _cf_METADATA WHERE key = ?", (_ALARM,)).fetchone()
        return None if found is None or found[0] is None else int(found[0]) // _NS

    @alarm.setter
    def alarm(self, when: int | None) -> None:
        stored = None if when is None else when * _NS
        self._write("INSERT OR REPLACE INTO _cf_METADATA VALUES (?, ?)", (_ALARM, stored))
        self._alarm_changed = True

    def _write(self, sql: str, values: Sequence[Any]) -> int:
        if not self.database.connection.in_transaction:
            self._execute("BEGIN IMMEDIATE")
        try:
            return self._execute(sql, values).rowcount
        except (sqlite3.DataError, OverflowError) as error:
            raise JsException("Error", _TOO_BIG) from error

    def run(
        self, sql: str, values: Sequence[Any], authorizer: Callable[..., int], *, writes: bool
    ) -> tuple[list[str], list[tuple[Any, ...]], int]:
        """The columns and rows of a Worker's own statement, and how many it changed. Raises sqlite3.Error.

        ``authorizer`` says what it may touch.
        """
        connection = self.database.connection
        if writes and not connection.in_transaction:
            self._execute("BEGIN IMMEDIATE")
        before = connection.total_changes
        connection.set_authorizer(authorizer)
        try:
            found = connection.execute(sql, values)
            rows = found.fetchall()
        finally:
            connection.set_authorizer(None)
        return [one[0] for one in found.description or ()], rows, connection.total_changes - before

    @property
    def size(self) -> int:
        """Bytes of the database, the free ones among them."""
        (pages,), (size,) = (
            self._execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
        return int(pages) * int(size)

    @property
    def is_dirty(self) -> bool:
        """Whether a `flush` would commit something."""
        return not self._nested and self.database.connection.in_transaction

    def flush(self) -> None:
        """Commit what was written, unless a transaction is under way that is to be committed as a whole."""
        if not self.is_dirty:
            return
        self._execute("COMMIT")
        if self._alarm_changed:
            self._alarm_changed = False
            self.on_commit(self.alarm)

    def rollback(self) -> None:
        """Forget what was not committed."""
        self._nested, self._alarm_changed = 0, False
        if self.database.connection.in_transaction:
            self._execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside the block stays if it ends well, and else not; blocks may be nested."""
        if not self.database.connection.in_transaction:
            self._execute("BEGIN IMMEDIATE")
        name, changed = f"_cf_{self._nested}", self._alarm_changed
        self._nested += 1
        self._execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            if self._nested:  # none: the object ended meanwhile, and all is rolled back
                self._execute(f"ROLLBACK TO {name}")
                self._alarm_changed = changed
            raise
        finally:
            if self._nested:
                self._execute(f"RELEASE {name}")
                self._nested -= 1
