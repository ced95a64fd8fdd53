"""SQLite's write-ahead log, synced once the commit has given back its lock.

With ``synchronous = FULL`` SQLite syncs the log at every commit, and holds the lock that all writers need for
as long as that takes: milliseconds. A process that does not wait for a lock, such as wrangler, is refused
then. With NORMAL a commit is written, its lock is free again, and the log is left to be synced by others.

What must come in order SQLite syncs itself, also under NORMAL: the header of a log that begins anew, the log
before a checkpoint copies from it, and the database before the log may begin anew (``walWriteHeader`` and
``walCheckpoint`` in its wal.c; https://www.sqlite.org/pragma.html#pragma_synchronous). So a commit that is in
the log no more, because another process has moved it meanwhile, is in the database for certain.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kvstore.errors import StateError, UnsureError

_NORMAL: Final = 1
# As SQLite does: a file's length is synced with it, its times are not. Not every system tells them apart.
_sync: Final = getattr(os, "fdatasync", os.fsync)


class WriteAheadLog:
    """The log beside the database ``target``, which must exist.

    It is opened once, before anything is written that shall be certain: only then does the system report
    every failure to write it. SQLite's locks are safe from that: it locks the database and the ``-shm`` file,
    which a process must not open a second time, and never the log.
    """

    def __init__(self, target: str) -> None:
        self.path = Path(f"{target}-wal")
        self._failure: UnsureError | None = None
        try:
            self._file = self.path.open("r+b", buffering=0)
        except OSError as error:
            raise StateError(f"cannot open {self.path}: {error.strerror}") from error

    def sync(self) -> None:
        """Returns when all that was committed survives a power cut.

        Raises UnsureError when the disk cannot be relied on; from then on always, as the system reports a
        loss only once, and what is committed later stands on what was lost.
        """
        if self._failure is not None:
            raise self._failure
        try:
            _sync(self._file.fileno())
        except OSError as error:
            self._failure = UnsureError(f"cannot sync {self.path}: {error.strerror}")
            raise self._failure from error

    def close(self) -> None:
        self._file.close()


def set_up(connection: sqlite3.Connection, target: str, statements: Sequence[str]) -> WriteAheadLog | None:
    """Run pragmas and the schema; gives the log when it is ours to sync: they say WAL and NORMAL.

    Raises what SQLite raises, and StateError when there is such a log and it cannot be opened.
    """
    for statement in statements:
        connection.execute(statement)
    if not statements or connection.execute("PRAGMA synchronous").fetchone() != (_NORMAL,):
        return None
    connection.execute("PRAGMA schema_version").fetchone()  # so that there is a log
    return WriteAheadLog(target) if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",) else None
