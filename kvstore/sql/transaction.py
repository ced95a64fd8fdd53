"""Programs on a connection of SQLite: as they are, in a transaction, and many in one transaction."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from kvstore.privacy import make_database
from kvstore.sql.database import Change, Lookup, Program
from kvstore.sql.staged import carry_over

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5000

Outcome: TypeAlias = tuple[Any, BaseException | None]


def connect(target: str) -> sqlite3.Connection:
    """An SQLite connection with explicit transactions; ``target`` is a path, ``:memory:`` or a file: URI.

    A lock that another process holds is waited for, up to five seconds.
    """
    uri = target.startswith("file:")
    if not uri and target != ":memory:":
        make_database(Path(target))
    return sqlite3.connect(
        target,
        isolation_level=None,
        uri=uri,
        timeout=BUSY_TIMEOUT_MS / 1000,
        # What is dropped may be dropped by any thread, and is closed there.
        check_same_thread=target != ":memory:",
    )


def run(connection: sqlite3.Connection, program: Program[T]) -> T:
    """The result of a program. Raises what SQLite raises."""
    execute = connection.execute
    if isinstance(program, Lookup):
        rows: list[Any] = execute(*program).fetchall()
        return rows[0] if rows else None  # type: ignore[return-value]  # T is that, see Lookup
    if isinstance(program, Change):
        return carry_over(connection, [program])[0]  # type: ignore[return-value]  # T is that, see Change
    steps = program()
    try:
        statement = next(steps)
        while True:
            statement = steps.send(execute(*statement).fetchall())
    except StopIteration as stop:
        result: T = stop.value
        return result


def commit(connection: sqlite3.Connection, programs: Sequence[Program[Any]]) -> list[Any]:
    """The results of all programs, run in one transaction. If one raises, so does this, and nothing stays."""
    changes = [program for program in programs if isinstance(program, Change)]
    if len(changes) == len(programs):
        return carry_over(connection, changes)  # a statement is a transaction
    try:
        # Taking the lock first means that waiting for it loses no work; a read that turns into a write
        # cannot wait, and would fail.
        connection.execute("BEGIN IMMEDIATE")
        results = [run(connection, program) for program in programs]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def commit_each(connection: sqlite3.Connection, programs: Sequence[Program[Any]]) -> list[Outcome]:
    """For every program its result, or what it raised; those that succeed are committed together.

    If that fails, each is tried again in a transaction of its own, so that one program, or a value for which
    the disk has no room left, spoils nothing for the others.
    """
    try:
        return [(result, None) for result in commit(connection, programs)]
    except Exception as error:
        if len(programs) == 1:
            return [(None, error)]
    return [outcome for program in programs for outcome in commit_each(connection, [program])]
