"""Snapshots: a namespace as it is at one moment, in a file of its own."""

import os
import sqlite3
from pathlib import Path

from kvstore.clock import Clock, SystemClock
from kvstore.errors import StateError, StoreError
from kvstore.privacy import make_database
from kvstore.sql.database import Steps, program
from kvstore.sql.inline import InlineDatabase
from kvstore.stores.sqlite import SQL, SqliteStore


async def save_snapshot(store: SqliteStore, path: Path) -> None:
    """Write everything that ``store`` holds to the new file ``path``, which is whole or not there.

    Puts that arrive meanwhile are not in it. Raises StateError when the file exists or cannot be written.
    """
    if path.exists():
        raise StateError(f"cannot write the snapshot {path}: the file exists")
    unfinished = path.with_name(path.name + ".partial")
    try:
        unfinished.unlink(missing_ok=True)
        make_database(unfinished)
        await store.database.read(_copy_into(str(unfinished)))
        _sync(unfinished)
        unfinished.rename(path)
    except (OSError, StoreError) as error:
        raise StateError(f"cannot write the snapshot {path}: {error}") from error


def open_snapshot(path: Path, clock: Clock | None = None) -> SqliteStore:
    """A store in memory with what a snapshot holds; the file is read once and never changed.

    Raises StateError when ``path`` is not a snapshot.
    """
    source = InlineDatabase(f"{path.absolute().as_uri()}?mode=ro")
    try:
        twin = source.fork()
        tables = twin.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    except sqlite3.Error as error:
        raise StateError(f"cannot use {path}: {error}") from error
    finally:
        source.connection.close()
    if (SQL.name,) not in tables:
        raise StateError(f"cannot use {path}: it is not a snapshot of a namespace")
    return SqliteStore(twin, clock or SystemClock())


@program
def _copy_into(path: str) -> Steps[None]:
    yield "VACUUM INTO ?", (path,)


def _sync(path: Path) -> None:
    """SQLite leaves the copy to the system; a snapshot that was saved is one that survives a power cut."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
