"""Programs on the calling thread: deterministic, the base of rehearsals, tests and the command line."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self, TypeVar

from kvstore.database import Program
from kvstore.errors import StateError, StoreError

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5000


def connect(target: str) -> sqlite3.Connection:
    """An SQLite connection with explicit transactions; ``target`` is a path, ``:memory:`` or a file: URI.

    Raises StateError when the file cannot be opened.
    """
    try:
        return sqlite3.connect(
            target, isolation_level=None, uri=target.startswith("file:"), timeout=BUSY_TIMEOUT_MS / 1000
        )
    except sqlite3.Error as error:
        raise StateError(f"cannot open {target}: {error}") from error


class InlineDatabase:
    """A database whose programs run at once, on the thread that asks.

    ``setup`` statements run first, outside a transaction: pragmas and the schema. Raises StateError when the
    file cannot be opened or is no database.
    """

    def __init__(self, path: Path | str, setup: Iterable[str] = ()) -> None:
        self.target = str(path)
        self.connection = connect(self.target)
        try:
            for statement in setup:
                self.connection.execute(statement)
        except sqlite3.Error as error:
            self.connection.close()
            raise StateError(f"cannot use {self.target}: {error}") from error

    @classmethod
    async def open(cls, path: Path | str, setup: Iterable[str] = ()) -> Self:
        return cls(path, setup)

    async def read(self, program: Program[T]) -> T:
        return self._drive(program)

    async def write(self, program: Program[T]) -> T:
        execute = self.connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            result = self._drive(program)
            execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"cannot write to {self.target}: {error}") from error
            raise
        return result

    def _drive(self, program: Program[T]) -> T:
        execute = self.connection.execute
        try:
            statement = next(program)
            while True:
                statement = program.send(execute(*statement).fetchall())
        except StopIteration as stop:
            result: T = stop.value
            return result
        except sqlite3.Error as error:
            raise StoreError(f"cannot use {self.target}: {error}") from error

    async def close(self) -> None:
        self.connection.close()

    def fork(self) -> Self:
        """A copy in memory, as of now, that shares nothing with this database."""
        twin = type(self)(":memory:")
        self.connection.backup(twin.connection)
        return twin
