"""kill -9 under write load, again and again on the same folder: what was acknowledged is there, whole.

Ten rounds for each store; ``DURABILITY_ROUNDS=50`` for more.
"""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kvstore import SeededEntropy, SqliteStore, StateStore
from tests.durability.load import value_of

pytestmark = pytest.mark.anyio

ROUNDS = int(os.environ.get("DURABILITY_ROUNDS", "10"))
ROOT = Path(__file__).parents[2]


def write_until_killed(kind: str, folder: Path, seed: int) -> dict[str, int]:
    """Run the load for up to 420 acknowledgements and kill it; the last one of each key."""
    command = [sys.executable, "-m", "tests.durability.load", kind, str(folder), str(seed)]
    enough = 20 + SeededEntropy(seed).below(400)
    last: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            if count == enough:
                process.kill()
            if line.endswith("\n"):  # the rest of what it said before it died counts too
                key, number = line.split()
                last[key] = int(number)
    assert len(last) > 0
    return last


async def check(store: SqliteStore | StateStore, path: Path, last: dict[str, int]) -> None:
    """Every acknowledged put, or one that came after it, is there; everything that is there is whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    keys = [info.name for info in (await store.scan()).keys]
    assert set(last) <= set(keys)
    for key in keys:
        entry = await store.get(key)
        assert entry is not None, f"{key} is listed and has no value"
        assert entry.metadata is not None
        number = int(entry.metadata.strip('"'))
        assert entry.value == value_of(key, number)
        assert number >= last.get(key, 0), f"{key}: {last[key]} was acknowledged, {number} is there"


@pytest.mark.parametrize("kind", ["own", "state"])
async def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, kind: str) -> None:
    last: dict[str, int] = {}
    for seed in range(1, ROUNDS + 1):
        last |= write_until_killed(kind, tmp_path, seed)
        store = SqliteStore.open(tmp_path / "kv.sqlite") if kind == "own" else StateStore(tmp_path, "ns")
        path = tmp_path / "kv.sqlite" if isinstance(store, SqliteStore) else store.path
        await check(store, path, last)
        await store.close()
