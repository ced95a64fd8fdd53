"""Programs behind aiosqlite: for a server, whose event loop must not wait for the disk."""

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self, TypeVar

import aiosqlite

from kvstore.database import Program
from kvstore.errors import StateError, StoreError
from kvstore.inline import BUSY_TIMEOUT_MS

T = TypeVar("T")


class PooledDatabase:
    """A database with one connection that writes and one that reads, each on a thread of its own.

    Made by ``await PooledDatabase.open(path, setup)``. An in-memory database has one connection for both.
    Programs on one connection never mix: each waits for the one before it.
    """

    def __init__(self, target: str, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.target = target
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()
        self._reading = self._writing if reader is writer else asyncio.Lock()

    @classmethod
    async def open(cls, path: Path | str, setup: Iterable[str] = ()) -> Self:
        """Open or create ``path``. Raises StateError when it cannot be opened or is no database."""
        target = str(path)
        writer = await _connect(target, setup)
        reader = writer if target == ":memory:" else await _connect(target, ())
        return cls(target, writer, reader)

    async def read(self, program: Program[T]) -> T:
        async with self._reading:
            return await self._drive(self._reader, program)

    async def write(self, program: Program[T]) -> T:
        async with self._writing:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                result = await self._drive(self._writer, program)
                await self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    await self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise StoreError(f"cannot write to {self.target}: {error}") from error
                raise
            return result

    async def _drive(self, connection: aiosqlite.Connection, program: Program[T]) -> T:
        try:
            statement = next(program)
            while True:
                rows = await connection.execute_fetchall(*statement)
                statement = program.send([tuple(row) for row in rows])
        except StopIteration as stop:
            result: T = stop.value
            return result
        except sqlite3.Error as error:
            raise StoreError(f"cannot use {self.target}: {error}") from error

    async def close(self) -> None:
        await self._writer.close()
        if self._reader is not self._writer:
            await self._reader.close()


async def _connect(target: str, setup: Iterable[str]) -> aiosqlite.Connection:
    connection = aiosqlite.connect(target, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        await connection
        for statement in setup:
            await connection.execute(statement)
    except sqlite3.Error as error:
        await connection.close()
        raise StateError(f"cannot use {target}: {error}") from error
    return connection
