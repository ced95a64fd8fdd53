"""Databases that are opened when they are asked and closed when many others were asked since.

Each takes five file descriptors, and a process has a thousand or so.
"""

import asyncio
import resource
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

from kvstore.errors import UnsureError
from kvstore.sql.database import Database, Program
from kvstore.sql.pooled import PooledDatabase

T = TypeVar("T")

_MOST: Final = 64
_DESCRIPTORS: Final = 5  # of an open database: two connections, with a log each, and the log that is synced


def affordable() -> int:
    """How many databases may be open: with them at most half of the descriptors that the process may have."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = allowed == resource.RLIM_INFINITY
    return _MOST if unlimited else max(1, min(_MOST, allowed // 2 // _DESCRIPTORS))


class OpenDatabases:
    """At most ``most`` databases are open, those that were asked last. `open` is an opener for stores."""

    def __init__(self, most: int | None = None) -> None:
        self._most = affordable() if most is None else most
        self._known: dict[Path, _Reopening] = {}
        self._open: OrderedDict[_Reopening, None] = OrderedDict()  # the one that was asked last is the last
        self._changing = asyncio.Lock()  # held while one is opened or closed
        self._idle = asyncio.Event()

    async def open(self, path: Path, setup: Iterable[str] = ()) -> Database:
        """The database at ``path``, which is opened now. Raises StateError when it cannot be used."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = _Reopening(self, path, tuple(setup))
            try:
                await known.begin()
            except BaseException:
                self._known.pop(path, None)
                raise
            known.end()
        return known

    async def close(self) -> None:
        """Close all, once the writes that wait are done."""
        for database in list(self._open):
            await self.forget(database)

    async def forget(self, database: "_Reopening") -> None:
        self._known.pop(database.path, None)
        async with self._changing:
            await self._close(database)

    def used(self, database: "_Reopening") -> None:
        self._open.move_to_end(database)

    def let_go(self) -> None:
        """One of them is no longer used: it may be closed."""
        self._idle.set()

    async def admit(self, database: "_Reopening") -> Database:
        """Open ``database``, when there is room."""
        async with self._changing:
            if database.opened is None:
                while len(self._open) >= self._most:
                    await self._make_room()
                database.opened = await PooledDatabase.open(database.path, database.setup)
                self._open[database] = None
            return database.opened

    async def _make_room(self) -> None:
        idle = next((one for one in self._open if one.users == 0 and not one.kept), None)
        if idle is not None:
            await self._close(idle)
        elif all(one.kept for one in self._open):
            self._most += 1
        else:
            self._idle.clear()
            await self._idle.wait()

    async def _close(self, database: "_Reopening") -> None:
        opened, database.opened = database.opened, None
        self._open.pop(database, None)
        if opened is not None:
            await opened.close()


class _Reopening:
    """One database, open or not: whoever asks it does not notice. Each program has it open to its end."""

    def __init__(self, databases: OpenDatabases, path: Path, setup: tuple[str, ...]) -> None:
        self.path = path
        self.setup = setup
        self.opened: Database | None = None
        self.users = 0
        self.kept = False  # one whose disk failed must not forget that
        self._databases = databases

    async def begin(self) -> Database:
        self.users += 1
        try:
            opened = self.opened or await self._databases.admit(self)
        except BaseException:
            self.end()
            raise
        self._databases.used(self)
        return opened

    def end(self) -> None:
        self.users -= 1
        if self.users == 0:
            self._databases.let_go()

    async def read(self, program: Program[T]) -> T:
        opened = await self.begin()
        try:
            return await opened.read(program)
        finally:
            self.end()

    async def write(self, program: Program[T]) -> T:
        opened = await self.begin()
        try:
            return await opened.write(program)
        except UnsureError:
            self.kept = True
            raise
        finally:
            self.end()

    async def close(self) -> None:
        await self._databases.forget(self)
