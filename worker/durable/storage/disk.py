"""Where the databases of a class's objects are: in memory, or a file for each in wrangler's state folder."""

from pathlib import Path
from typing import Final, Protocol

from kvstore.errors import StateError
from kvstore.privacy import make_folder
from kvstore.sql.inline import InlineDatabase
from worker.durable.storage.rows import SETUP, Rows

# As for a namespace of KV: the log is synced at every commit.
_FILE_SETUP: Final = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *SETUP)
_NOT_AN_OBJECT: Final = "metadata"


class Disk(Protocol):
    """Outlives the objects. An object is known by the 64 hex digits of its id."""

    def rows(self, digits: str) -> Rows:
        """The storage of one object, made when there is none; always the same for one id."""
        ...

    def known(self) -> list[str]:
        """The objects that have storage, in the order of their ids."""
        ...

    def close(self) -> None: ...


class MemoryDisk:
    """Databases in memory, for rehearsals and tests."""

    def __init__(self) -> None:
        self._rows: dict[str, Rows] = {}

    def rows(self, digits: str) -> Rows:
        if digits not in self._rows:
            self._rows[digits] = Rows(InlineDatabase(":memory:", SETUP))
        return self._rows[digits]

    def known(self) -> list[str]:
        return sorted(self._rows)

    def fork(self) -> "MemoryDisk":
        """A copy, as of the last commits, that shares nothing with this one."""
        twin = MemoryDisk()
        twin._rows = {digits: Rows(rows.database.fork()) for digits, rows in self._rows.items()}
        return twin

    def close(self) -> None:
        self._rows.clear()


class FolderDisk:
    """One file for each object in ``folder``: ``<persist root>/v3/do/<script>-<class>``, as wrangler has it.

    Nothing is created before an object is first called. workerd keeps a second list of alarms there, in
    metadata.sqlite, which is neither read nor written: an alarm is found in the object's own file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[str, Rows] = {}

    def rows(self, digits: str) -> Rows:
        """Raises StateError when the file cannot be opened."""
        if digits not in self._rows:
            try:
                make_folder(self.folder)
            except OSError as error:
                raise StateError(f"cannot create {error.filename}: {error.strerror}") from error
            self._rows[digits] = Rows(InlineDatabase(self.folder / f"{digits}.sqlite", _FILE_SETUP))
        return self._rows[digits]

    def known(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.sqlite") if path.stem != _NOT_AN_OBJECT)

    def close(self) -> None:
        for rows in self._rows.values():
            rows.rollback()
            rows.database.connection.close()
        self._rows.clear()
