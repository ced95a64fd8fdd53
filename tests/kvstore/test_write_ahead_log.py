"""Commits whose log is synced by the driver: after the lock is free, and before anything is acknowledged."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kvstore import Entry, SqliteStore, StateError, StateStore
from kvstore.errors import UnsureError
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase
from kvstore.sql.write_ahead_log import WriteAheadLog, set_up
from kvstore.stores.sqlite import SETUP
from kvstore.stores.state import Opener

pytestmark = pytest.mark.anyio

DRIVERS = pytest.mark.parametrize("opener", [InlineDatabase.open, PooledDatabase.open])
NO_WAITING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("BEGIN IMMEDIATE")
    print("free")
except sqlite3.OperationalError as error:
    print(error)
"""


def lock_of(path: Path) -> str:
    """What another process is told that asks for the lock and does not wait: ``free``, or an error."""
    command = [sys.executable, "-c", NO_WAITING, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """For every sync of a log: whether another process could have had the lock then."""
    found: list[str] = []
    original = WriteAheadLog.sync

    def sync(log: WriteAheadLog) -> None:
        found.append(lock_of(log.path.with_name(log.path.name.removesuffix("-wal"))))
        original(log)

    monkeypatch.setattr(WriteAheadLog, "sync", sync)
    return found


@DRIVERS
async def test_a_put_is_acknowledged_after_its_sync_during_which_the_lock_is_free(
    tmp_path: Path, opener: Opener, synced: list[str]
) -> None:
    store = StateStore(tmp_path, "ns", opener=opener)
    for number in range(1, 3):
        await store.put(f"k{number}", Entry(b"v"))
        assert synced == ["free"] * number
    await store.close()


async def test_puts_that_wait_share_a_sync(tmp_path: Path, synced: list[str]) -> None:
    store = StateStore(tmp_path, "ns", opener=PooledDatabase.open)
    await store.put("first", Entry(b"v"))
    await asyncio.gather(*(store.put(f"k{number}", Entry(b"v")) for number in range(50)))
    assert synced == ["free"] * 2
    await store.close()


async def test_where_sqlite_syncs_there_is_no_second_sync(tmp_path: Path, synced: list[str]) -> None:
    store = SqliteStore.open(tmp_path / "kv.sqlite")
    await store.put("k", Entry(b"v"))
    assert synced == []
    await store.close()


@pytest.mark.parametrize(
    ("mode", "level", "ours"),
    [("WAL", "NORMAL", True), ("WAL", "FULL", False), ("WAL", "OFF", False), ("DELETE", "NORMAL", False)],
)
def test_the_log_is_ours_to_sync_in_wal_mode_under_normal(
    tmp_path: Path, mode: str, level: str, ours: bool
) -> None:
    path = str(tmp_path / "kv.sqlite")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        log = set_up(connection, path, (f"PRAGMA journal_mode = {mode}", f"PRAGMA synchronous = {level}"))
        assert (log is not None) == ours
        if log is not None:
            log.close()


async def test_opening_and_closing_the_log_gives_no_lock_away(tmp_path: Path) -> None:
    # A process loses its POSIX locks on a file when it closes any descriptor of it. Not so here.
    path = tmp_path / "kv.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        log = set_up(connection, str(path), ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"))
        assert log is not None
        connection.execute("BEGIN IMMEDIATE")
        log.sync()
        log.close()
        WriteAheadLog(str(path)).close()
        assert lock_of(path) == "database is locked"
        connection.execute("ROLLBACK")
        assert lock_of(path) == "free"


@DRIVERS
async def test_a_disk_that_fails_to_sync_is_not_relied_on_again(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    store = StateStore(tmp_path, "ns", opener=opener)
    await store.put("before", Entry(b"1"))
    with monkeypatch.context() as broken:
        broken.setattr("kvstore.sql.write_ahead_log._sync", fail)
        with pytest.raises(UnsureError, match=r"cannot sync .*\.sqlite-wal: Input/output error"):
            await store.put("k", Entry(b"2"))
    with pytest.raises(UnsureError, match="Input/output error"):
        await store.put("after", Entry(b"3"))
    # The rows are there, and so are their values: what a power cut would leave of them nobody knows.
    assert {key: entry.value for key, entry in (await store.get_many(["before", "k", "after"])).items()} == {
        "before": b"1",
        "k": b"2",
        "after": b"3",
    }
    await store.close()


@DRIVERS
async def test_a_log_that_cannot_be_opened_is_named(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StateError, match=r"cannot open .*kv\.sqlite-wal: Permission denied"):
        await opener(tmp_path / "kv.sqlite", (*SETUP, "PRAGMA synchronous = NORMAL"))
