"""The databases of wrangler's state folder: ``<persist root>/v3/d1``."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import apsw

from kvstore.errors import StateError
from kvstore.stores.state_names import object_id
from worker.d1.database import Database
from worker.d1.service import Answer, Ask

OBJECT_FOLDER: Final = "miniflare-D1DatabaseObject"
_UNUSABLE: Final = (apsw.CantOpenError, apsw.CorruptError, apsw.NotADBError, apsw.ReadOnlyError)


def database_path(root: Path, database: str) -> Path:
    """The file of the database with that id."""
    return root / OBJECT_FOLDER / f"{object_id(database, OBJECT_FOLDER)}.sqlite"


class FolderDatabase:
    """The database ``identity`` in the folder ``root``, opened, and made, when it is first asked; a Service.

    It works in a thread of its own, as a query may take seconds. Raises StateError for a file that cannot be
    used.
    """

    def __init__(self, root: Path, identity: str) -> None:
        self.path = database_path(root, identity)
        self._database: Database | None = None
        self._thread: ThreadPoolExecutor | None = None

    async def __call__(self, ask: Ask) -> Answer:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "d1")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, ask)

    def _answer(self, ask: Ask) -> Answer:
        try:
            if self._database is None:
                self._database = Database(self.path)
            return self._database.answer(ask)
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

    def __init__(self, root: Path) -> None:
        self.root = root
        self._databases: dict[str, FolderDatabase] = {}

    def __call__(self, identity: str) -> FolderDatabase:
        database = self._databases.get(identity)
        if database is None:
            database = self._databases[identity] = FolderDatabase(self.root, identity)
        return database

    async def close(self) -> None:
        for database in self._databases.values():
            await database.close()
        self._databases.clear()
