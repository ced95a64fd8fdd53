"""The databases of wrangler's state folder: ``<persist root>/v3/d1``."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import apsw

from kvstore.clock import Clock
from kvstore.errors import StateError
from kvstore.stores.state_names import object_id
from worker.d1.database import Database
from worker.d1.service import Answer, Ask

T = TypeVar("T")

OBJECT_FOLDER: Final = "miniflare-D1DatabaseObject"
_UNUSABLE: Final = (apsw.CantOpenError, apsw.CorruptError, apsw.NotADBError, apsw.ReadOnlyError)


def database_path(root: Path, database: str) -> Path:
    """The file of the database with that id."""
    return root / OBJECT_FOLDER / f"{object_id(database, OBJECT_FOLDER)}.sqlite"


class FolderDatabase:
    """The database ``identity`` in the folder ``root``, opened, and made, when it is first asked; a Service.

    It works in a thread of its own, as a query may take seconds. ``clock`` is SQL's, the machine's by
    default. Raises StateError for a file that cannot be used.
    """

    def __init__(self, root: Path, identity: str, clock: Clock | None = None) -> None:
        self.path = database_path(root, identity)
        self._clock = clock
        self._database: Database | None = None
        self._thread: ThreadPoolExecutor | None = None

    async def __call__(self, ask: Ask) -> Answer:
        return await self.do(lambda database: database.answer(ask))

    async def do(self, work: Callable[[Database], T]) -> T:
        """What comes of ``work`` with the database, in its thread."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "d1")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._done, work)

    def _done(self, work: Callable[[Database], T]) -> T:
        try:
            if self._database is None:
                self._database = Database(self.path, clock=self._clock)
            return work(self._database)
        except (*_UNUSABLE, OSError) as error:
            raise StateError(f"cannot use {self.path}: {error}") from error

    def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()

    async def close(self) -> None:
        """Let go of the file, once what it was asked is done; asked again, it is opened again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)


class DatabaseFolder:
    """Every database in ``root`` by its id: calling it gives the same one every time."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = root
        self._clock = clock
        self._databases: dict[str, FolderDatabase] = {}

    def __call__(self, identity: str) -> FolderDatabase:
        database = self._databases.get(identity)
        if database is None:
            database = self._databases[identity] = FolderDatabase(self.root, identity, self._clock)
        return database

    async def close(self) -> None:
        for database in self._databases.values():
            await database.close()
        self._databases.clear()
