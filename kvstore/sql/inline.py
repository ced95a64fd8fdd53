"""Programs on the calling thread: deterministic, the base of rehearsals, tests and the command line."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self, TypeVar
from weakref import finalize

from kvstore.errors import StateError, StoreError
from kvstore.sql.database import Program
from kvstore.sql.transaction import commit, connect, run
from kvstore.sql.write_ahead_log import set_up

T = TypeVar("T")


class InlineDatabase:
    """A database whose programs run at once, on the thread that asks.

    ``setup`` statements run first, outside a transaction: pragmas and the schema. Raises StateError when the
    file cannot be opened or is not a database.
    """

    def __init__(self, path: Path | str, setup: Iterable[str] = ()) -> None:
        self.target = str(path)
        try:
            self.connection = connect(self.target)
        except sqlite3.Error as error:
            raise StateError(f"cannot open {self.target}: {error}") from error
        try:
            self._log = set_up(self.connection, self.target, tuple(setup))
        except sqlite3.Error as error:
            self.connection.close()
            raise StateError(f"cannot use {self.target}: {error}") from error
        except StateError:
            self.connection.close()
            raise
        if self.target == ":memory:":
            # One in memory may be dropped like any other object: nothing is lost that anybody could want.
            finalize(self, self.connection.close)

    @classmethod
    async def open(cls, path: Path | str, setup: Iterable[str] = ()) -> Self:
        return cls(path, setup)

    async def read(self, program: Program[T]) -> T:
        try:
            return run(self.connection, program)
        except sqlite3.Error as error:
            raise StoreError(f"cannot read {self.target}: {error}") from error

    async def write(self, program: Program[T]) -> T:
        try:
            result: T = commit(self.connection, [program])[0]
        except sqlite3.Error as error:
            raise StoreError(f"cannot write to {self.target}: {error}") from error
        if self._log is not None:
            self._log.sync()
        return result

    async def close(self) -> None:
        if self._log is not None:
            self._log.close()
        self.connection.close()

    def fork(self) -> Self:
        """A copy in memory, as of now, that shares nothing with this database."""
        twin = type(self)(":memory:")
        self.connection.backup(twin.connection)
        return twin
