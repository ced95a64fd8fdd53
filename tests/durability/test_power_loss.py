"""Power loss at every moment of a run: nothing acknowledged is lost, and nothing is ever corrupt.

Both ways to make sure of a commit: SQLite syncs its log, as for our own store, or the driver does, as for
wrangler's folder.

The run is recorded; then, for every prefix of what was written, the disk is put as a power cut leaves it:
once with all unsynced writes dropped, once with some of them (chosen by a seed) done and the others not.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kvstore import Entry, SeededEntropy, SqliteStore, SystemClock
from kvstore.stores.sqlite import SETUP
from tests.durability.load import value_of
from tests.durability.recorder import Acknowledged, Disk, ForgetfulDatabase, RecordingDatabase, Step

pytestmark = pytest.mark.anyio

PUTS = 30
KEYS = 4
LONGEST = 6000
# A checkpoint, after which the log begins anew, several times in the run.
OFTEN_CHECKPOINTED = "PRAGMA wal_autocheckpoint = 8"
BY_SQLITE = "PRAGMA synchronous = FULL"
BY_THE_DRIVER = "PRAGMA synchronous = NORMAL"
BY_NOBODY = "PRAGMA synchronous = OFF"


async def recorded(path: Path, synced: str, kind: type[RecordingDatabase] = RecordingDatabase) -> list[Step]:
    """Put, overwrite and put again, one after the other; every acknowledgement stands where it was given."""
    database = kind(path, (*SETUP, OFTEN_CHECKPOINTED, synced))
    store = SqliteStore(database, SystemClock())
    for number in range(1, PUTS + 1):
        key = f"k{number % KEYS}"
        await store.put(key, Entry(value_of(key, number, LONGEST), None, f'"{number}"'))
        database.steps.append(Acknowledged(key, number))
    steps = list(database.steps)
    await database.close()
    return steps


def dropped(_: int) -> Iterator[bool]:
    return itertools.repeat(False)


def torn(seed: int) -> Iterator[bool]:
    entropy = SeededEntropy(seed)
    while True:
        yield entropy.below(2) == 1


def losses(steps: list[Step], folder: Path, kept: Callable[[int], Iterator[bool]]) -> list[str]:
    """What is wrong after a power cut, for every moment at which it may come."""
    disk, last, found = Disk(), dict[str, int](), []
    for moment, step in enumerate(steps):
        if isinstance(step, Acknowledged):
            last[step.key] = step.number
        disk.take(step)
        for path in folder.iterdir():
            path.unlink()
        disk.after_power_cut(folder, kept(moment))
        found += [f"after step {moment}: {wrong}" for wrong in examined(folder / "kv.sqlite", last)]
    return found


def examined(path: Path, last: dict[str, int]) -> Iterator[str]:
    """Open what is left, and compare it with what was acknowledged."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            if verdict != "ok":
                yield f"corrupt: {verdict}"
            rows = connection.execute("SELECT key, value, metadata FROM entries").fetchall() if last else []
    except sqlite3.DatabaseError as error:
        yield f"unreadable: {error}"
        return
    there = {key: int(metadata.strip('"')) for key, _, metadata in rows}
    yield from (
        f"{key} is not whole" for key, value, _ in rows if value != value_of(key, there[key], LONGEST)
    )
    yield from (f"{key} lost" for key, number in last.items() if there.get(key, 0) < number)


@pytest.mark.parametrize("synced", [BY_SQLITE, BY_THE_DRIVER])
@pytest.mark.parametrize("kept", [dropped, torn])
async def test_power_loss_loses_nothing_that_was_acknowledged(
    tmp_path: Path, kept: Callable[[int], Iterator[bool]], synced: str
) -> None:
    steps = await recorded(tmp_path / "kv.sqlite", synced)
    (tmp_path / "left").mkdir()
    assert losses(steps, tmp_path / "left", kept) == []


async def test_power_loss_does_lose_puts_when_the_log_is_not_synced(tmp_path: Path) -> None:
    # What the test above proves, it proves because it can fail.
    steps = await recorded(tmp_path / "kv.sqlite", BY_NOBODY)
    (tmp_path / "left").mkdir()
    assert any("lost" in loss or "unreadable" in loss for loss in losses(steps, tmp_path / "left", dropped))


async def test_power_loss_does_lose_puts_when_the_driver_does_not_sync_the_log(tmp_path: Path) -> None:
    steps = await recorded(tmp_path / "kv.sqlite", BY_THE_DRIVER, ForgetfulDatabase)
    (tmp_path / "left").mkdir()
    found = losses(steps, tmp_path / "left", dropped)
    assert any("lost" in loss for loss in found)
    assert not any("corrupt" in loss or "unreadable" in loss for loss in found)  # SQLite sees to that


@pytest.mark.parametrize("synced", [BY_SQLITE, BY_THE_DRIVER])
async def test_the_recorded_run_meets_checkpoints(tmp_path: Path, synced: str) -> None:
    steps = await recorded(tmp_path / "kv.sqlite", synced)
    acknowledged = [index for index, step in enumerate(steps) if isinstance(step, Acknowledged)]
    files = [getattr(step, "file", "") for step in steps[acknowledged[0] :]]
    assert files.count("kv.sqlite") > 10
    assert files.count("kv.sqlite-wal") > 50
