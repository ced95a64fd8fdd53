"""SQLite as workerd sets it up: limits, permissions, which functions there are, how its errors are said."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import apsw

from kvstore.clock import Clock, stopwatch
from kvstore.entropy import Entropy
from worker.d1 import messages, texts
from worker.d1.authorizer import ABSENT_FUNCTIONS, MODULES, Authorizer
from worker.d1.cost import Cost
from worker.d1.errors import QueryError
from worker.d1.given import GivenTime, give_chance
from worker.d1.limits import Limits
from worker.d1.statements import first_word

Row = Sequence[Any]

_BUSY_MS: Final = 5000
_MOST_SILENT: Final = 1000
_STEPS_BETWEEN_LOOKS: Final = 100_000  # at the clock: some milliseconds
_OWN: Final = "/* the database's own */ "
# Bytes of a database's header that say whether it has a write-ahead log.
_LOG_VERSIONS, _NO_LOG = slice(18, 20), b"\x01\x01"
_SETUP: Final = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON")


class Sqlite:
    """A connection to the file ``path``, or to memory. Raises apsw.Error when it cannot be used.

    ``clock`` and ``entropy`` are what SQL asks for time and chance; the machine by default.
    """

    def __init__(
        self,
        path: Path | None,
        limits: Limits,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
    ) -> None:
        self._query_seconds = limits.query_seconds
        self._authorizer = Authorizer()
        self._deadline = math.inf
        self._columns: list[str] | None = None
        self._reads_only = True
        self._describes = False
        self._time = None if clock is None else GivenTime(clock)
        vfs = None if self._time is None else self._time.name
        self.connection = apsw.Connection(":memory:" if path is None else str(path), vfs=vfs)
        _set_up(self.connection, limits)
        if entropy is not None:
            give_chance(self.connection, entropy)
        self.connection.authorizer = self._authorizer
        self.connection.set_progress_handler(self._is_late, _STEPS_BETWEEN_LOOKS)
        self.cost = Cost(self.connection)
        self._cursor = self._new_cursor()
        # The changes of the connection before the last statement of a text.
        self.changes_before = 0
        # Statements without columns, which another cursor carries out.
        self._silent: set[str] = set()
        # The last of them, if it is known what it costs: a batch often has one text, again and again.
        self._again: str | None = None
        self._unwatched = self.connection.cursor()

    def _new_cursor(self) -> apsw.Cursor:
        cursor = self.connection.cursor()
        cursor.exec_trace = self._prepared
        return cursor

    def own(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement of the database itself, which may do anything."""
        self._authorizer.trusted = True
        try:
            # Marked, as prepared statements are kept by their text: a Worker's COMMIT must be another one.
            return self.connection.execute(_OWN + sql, values).fetchall()
        finally:
            self._authorizer.trusted = False

    def snapshot(self) -> bytes:
        """The file as it would be; nothing for a database that is empty."""
        self._authorizer.trusted = True
        try:
            content = bytearray(self.connection.serialize("main") or b"")
        finally:
            self._authorizer.trusted = False
        if content:
            content[_LOG_VERSIONS] = _NO_LOG  # in memory there is no write-ahead log
        return bytes(content)

    def load(self, snapshot: bytes) -> None:
        """Take a snapshot for the whole content, in memory."""
        if not snapshot:
            return
        # Page by page: a connection with a clock of its own cannot take another one's memory.
        other = apsw.Connection(":memory:")
        other.deserialize("main", snapshot)
        self._cursor.close()
        self._unwatched.close()
        self._authorizer.trusted = True
        try:
            with self.connection.backup("main", other, "main") as copying:
                copying.step()
        finally:
            self._authorizer.trusted = False
            other.close()
            self._cursor, self._unwatched = self._new_cursor(), self.connection.cursor()

    def begin(self, *, reads: bool) -> None:
        self.own("BEGIN" if reads else "BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.own("COMMIT")

    def roll_back(self) -> None:
        """Also when SQLite has done so by itself."""
        if self.connection.in_transaction:
            self.own("ROLLBACK")

    def reset(self) -> None:
        """Forget what a new connection would not know."""
        self.connection.set_last_insert_rowid(0)

    def run(
        self, before: Sequence[str], last: str, values: Sequence[Any], start: float
    ) -> tuple[list[str], Sequence[Row]]:
        """Carry out one statement after the other: the columns and the rows of the last one.

        Only the last may have parameters; an empty text is no statement. ``start`` is what the stopwatch
        shows. Raises QueryError, and apsw.Error for `failure` to explain.
        """
        self._deadline = start + self._query_seconds
        if last is self._again and not before:
            self._in_silence(last, values)
            return [], ()
        returned = False
        for statement in before:
            returned |= self._before_the_last(statement)
        if not last:  # whatever its values are
            raise QueryError(messages.NO_STATEMENT)
        if returned:  # measured: the runtime fails, unless the last cannot be prepared
            self._names(last, values)
            self.roll_back()
            raise apsw.AbortError("a statement that is not the last returned rows")
        self.changes_before = self.connection.total_changes()
        return self._one(last, values)

    def _before_the_last(self, sql: str) -> bool:
        """Carry it out; whether it has returned rows that it wrote."""
        try:
            _, rows = self._one(sql, ())
        except apsw.BindingsError as error:
            raise QueryError(messages.PARAMETERS_NOT_LAST) from error
        return bool(rows) and not self._reads_only

    def _one(self, sql: str, values: Sequence[Any]) -> tuple[list[str], Sequence[Row]]:
        self._columns = self._again = None
        rows: Sequence[Row]
        self.cost.begin(sql, values)
        if sql in self._silent:  # nobody need look again at what never has rows
            self._in_silence(sql, values)
            self._again = None if self.cost.watches else sql
            return [], ()
        try:
            rows = self._executed(self._cursor, sql, values).fetchall()
        except UnicodeEncodeError:
            names = self._names(sql, values)
            return names, self._one(*texts.with_bytes(sql, values))[1]
        except UnicodeDecodeError:
            rows = self._read_as_bytes(sql, values)
        if self._columns is None:
            raise QueryError(messages.NO_STATEMENT)
        if not self._columns and len(self._silent) < _MOST_SILENT:
            self._silent.add(sql)
        return self._columns, rows

    def _in_silence(self, sql: str, values: Sequence[Any]) -> None:
        """A statement without columns, and so no EXPLAIN."""
        try:
            self._unwatched.execute(sql, values)
        except apsw.SQLError:
            self._executed(self._unwatched, sql, values)
        except UnicodeEncodeError:
            self._unwatched.execute(*texts.with_bytes(sql, values))

    def _executed(self, cursor: apsw.Cursor, sql: str, values: Sequence[Any]) -> apsw.Cursor:
        try:
            return cursor.execute(sql, values, can_cache=may_keep(sql))
        except apsw.SQLError as error:
            if getattr(error, "error_offset") >= 0:  # noqa: B009 - the stubs of apsw do not know it
                raise
            # Where the schema has changed, only a statement that is prepared anew says where it is wrong.
            return cursor.execute(sql, values, can_cache=False)

    def _names(self, sql: str, values: Sequence[Any]) -> list[str]:
        """The names of the columns, without carrying the statement out."""
        self._describes = True
        try:
            self._cursor.execute(sql, [None] * len(values), can_cache=may_keep(sql))
        except apsw.ExecTraceAbort:
            pass
        finally:
            self._describes = False
        return self._columns or []

    def _read_as_bytes(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """The rows again, for texts that are not valid UTF-8."""
        assert self._columns is not None
        rows = self.own(texts.reading_bytes(sql, len(self._columns)), values)
        return [[texts.from_bytes(one) for one in row] for row in rows]

    def _prepared(self, cursor: apsw.Cursor, _sql: str, _values: Any) -> bool:
        if cursor.has_vdbe:
            self._reads_only = cursor.is_readonly
            self._columns = [name for name, *_ in cursor.get_description()]
        return not self._describes

    def _is_late(self) -> bool:
        return stopwatch() > self._deadline

    def failure(self, error: apsw.Error, *, alone: bool) -> QueryError | None:
        """What the product says of an error of SQLite; None when the transaction is gone with it."""
        refused, self._authorizer.refused_transaction = self._authorizer.refused_transaction, False
        if isinstance(error, apsw.InterruptError):
            return QueryError(messages.TIMED_OUT)
        if refused:
            return QueryError(messages.TRANSACTION)
        if isinstance(error, apsw.BindingsError):
            return QueryError(messages.WRONG_COUNT)
        if isinstance(error, apsw.BusyError):  # another process: nothing was begun
            return QueryError(error_text(error))
        return QueryError(error_text(error)) if alone or self.connection.in_transaction else None

    def close(self) -> None:
        self.connection.close()
        if self._time is not None:
            self._time.unregister()


@lru_cache(maxsize=1024)
def may_keep(sql: str) -> bool:
    """Whether a prepared statement may be used again for the same text.

    SQLite does not look whether an EXPLAIN is older than a change of the schema: its program names tables
    that are freed then, and the process ends.
    """
    return first_word(sql) != "EXPLAIN"


def _set_up(connection: apsw.Connection, limits: Limits) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    for statement in _SETUP:
        connection.execute(statement).fetchall()
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.drop_modules(MODULES)
    for name, counts in ABSENT_FUNCTIONS.items():
        for count in counts:
            connection.create_scalar_function(name, None, count)
    for limit, value in (
        (apsw.SQLITE_LIMIT_LENGTH, limits.value_size),
        (apsw.SQLITE_LIMIT_SQL_LENGTH, limits.statement_size),
        (apsw.SQLITE_LIMIT_COLUMN, limits.columns),
        (apsw.SQLITE_LIMIT_EXPR_DEPTH, limits.expression_depth),
        (apsw.SQLITE_LIMIT_COMPOUND_SELECT, limits.compound_terms),
        (apsw.SQLITE_LIMIT_VDBE_OP, limits.program_steps),
        (apsw.SQLITE_LIMIT_FUNCTION_ARG, limits.function_arguments),
        (apsw.SQLITE_LIMIT_ATTACHED, 0),
        (apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits.pattern_size),
        (apsw.SQLITE_LIMIT_VARIABLE_NUMBER, limits.parameters),
        (apsw.SQLITE_LIMIT_TRIGGER_DEPTH, limits.trigger_depth),
    ):
        connection.limit(limit, value)


def error_text(error: apsw.Error) -> str:
    """``<what SQLite says>[ at offset N]: SQLITE_X[ (extended: SQLITE_X_Y)]``."""
    code, extended, offset = (getattr(error, name) for name in ("result", "extendedresult", "error_offset"))
    said = str(error) + (f" at offset {offset}" if offset >= 0 else "")
    more = f" (extended: {apsw.mapping_extended_result_codes.get(extended)})" if extended != code else ""
    return f"{said}: {apsw.mapping_result_codes[code]}{more}"
