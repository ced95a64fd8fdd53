"""Programs behind aiosqlite: for a server, whose event loop must not wait for the disk."""

import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from kvstore.errors import StateError, StoreError
from kvstore.sql.commit_queue import CommitQueue
from kvstore.sql.database import Program
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.transaction import Outcome, commit_each, connect, run
from kvstore.sql.write_ahead_log import WriteAheadLog, set_up

T = TypeVar("T")


class PooledDatabase:
    """A database with one connection that writes, on a thread of its own, and one that reads, on this one.

    Made by ``await PooledDatabase.open(path, setup)``. Programs that write at the same time share a commit
    (`CommitQueue`). Reads never wait for writes, and see every write that was acknowledged before they were
    asked for. They run at once: what SQLite has in memory takes microseconds, a hop to a thread and back a
    hundred. An in-memory database has one connection for both.
    """

    def __init__(
        self,
        target: str,
        writer: aiosqlite.Connection,
        reader: InlineDatabase | None,
        log: WriteAheadLog | None,
    ) -> None:
        self.target = target
        self._writer = writer
        self._reader = reader
        self._log = log
        self._commits = CommitQueue(self._commit_each)

    @classmethod
    async def open(cls, path: Path | str, setup: Iterable[str] = ()) -> Self:
        """Open or create ``path``. Raises StateError when it cannot be opened or is not a database."""
        target = str(path)
        # What cannot be opened fails here: aiosqlite does not await the end of a thread that cannot connect.
        reader = None if target == ":memory:" else InlineDatabase(target)
        writer = aiosqlite.Connection(partial(connect, target), iter_chunk_size=64)
        try:
            await writer
            log = await _on(writer, set_up, target, tuple(setup))
        except (sqlite3.Error, StateError) as error:
            await writer.close()
            if reader is not None:
                await reader.close()
            if isinstance(error, StateError):
                raise
            raise StateError(f"cannot use {target}: {error}") from error
        return cls(target, writer, reader, log)

    def read(self, program: Program[T]) -> Coroutine[Any, Any, T]:
        return self._read_on_writer(program) if self._reader is None else self._reader.read(program)

    async def _read_on_writer(self, program: Program[T]) -> T:
        try:
            return await self._on_writer(run, program)
        except sqlite3.Error as error:
            raise StoreError(f"cannot read {self.target}: {error}") from error

    async def write(self, program: Program[T]) -> T:
        try:
            return await self._commits.write(program)
        except sqlite3.Error as error:
            raise StoreError(f"cannot write to {self.target}: {error}") from error

    async def _commit_each(self, programs: Sequence[Program[Any]]) -> list[Outcome]:
        return await self._on_writer(self._commit_and_sync, programs)

    def _commit_and_sync(
        self, connection: sqlite3.Connection, programs: Sequence[Program[Any]]
    ) -> list[Outcome]:
        outcomes = commit_each(connection, programs)
        if self._log is not None:
            self._log.sync()
        return outcomes

    async def _on_writer(self, function: Callable[[sqlite3.Connection, Any], T], given: Any) -> T:
        try:
            return await _on(self._writer, function, given)
        except ValueError as error:  # aiosqlite's word for a connection that was closed
            raise StoreError(f"cannot use {self.target}: it is closed") from error

    async def close(self) -> None:
        """Close once all writes that wait are done."""
        await self._commits.drain()
        if self._log is not None:
            self._log.close()
        await self._writer.close()
        if self._reader is not None:
            await self._reader.close()


async def _on(connection: aiosqlite.Connection, function: Callable[..., T], *given: Any) -> T:
    """The result of the function, given SQLite's connection, on the thread of that."""
    # aiosqlite makes a hop for every statement, and has no public name for making one for many.
    execute: Callable[..., Awaitable[T]] = connection._execute
    return await execute(function, connection._conn, *given)
