"""kill -9 of a server under write load, again and again on the same folder: what it acknowledged is there.

Puts, deletes and bulk requests over HTTP. Five rounds for each store; ``DURABILITY_ROUNDS=50`` for more.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kvstore import SeededEntropy, SqliteStore, StateStore
from tests.durability.clients import NAMESPACE, Ledger, stored_number, write_until_dead

pytestmark = [pytest.mark.anyio, pytest.mark.own_clock]

ROUNDS = int(os.environ.get("DURABILITY_ROUNDS", "5"))
ROOT = Path(__file__).parents[2]
CONFIG = f"""\
name = "demo"
main = "index.js"
compatibility_date = "2026-04-20"
kv_namespaces = [{{ binding = "CACHE", id = "{NAMESPACE}" }}]
"""


@contextmanager
def server(kind: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``kv serve`` on wrangler's folder, or the same over a store of our own; its URL and its process."""
    program = {
        "state": ["wrangler_compat", "kv", "serve", "--port=0", "--persist-to", str(folder)],
        "own": ["tests.durability.serving", str(folder)],
    }[kind]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", *program], cwd=folder, stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdout is not None
        ready = next(line for line in process.stdout if "Ready on " in line)
        try:
            yield ready.partition("Ready on ")[2].strip().replace("localhost", "127.0.0.1"), process
        finally:
            process.kill()


async def check(kind: str, folder: Path, ledger: Ledger) -> dict[str, int]:
    """Open the folder as it was left; the number of the put that wrote each entry."""
    store = (
        SqliteStore.open(folder / "kv.sqlite") if kind == "own" else StateStore(folder / "v3/kv", NAMESPACE)
    )
    path = folder / "kv.sqlite" if isinstance(store, SqliteStore) else store.path
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stored: dict[str, int] = {}
    for info in (await store.scan()).keys:
        entry = await store.get(info.name)
        assert entry is not None, f"{info.name} is listed and has no value"
        stored[info.name] = stored_number(info.name, entry.value, entry.metadata)
    await store.close()
    for key in {*stored, *ledger.known, *ledger.asked}:
        assert stored.get(key) in ledger.allowed(key), f"{key}: {stored.get(key)}, {ledger.allowed(key)}"
    return stored


@pytest.mark.parametrize("kind", ["own", "state"])
async def test_kill_of_the_server_loses_nothing_that_it_acknowledged(tmp_path: Path, kind: str) -> None:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    ledger = Ledger()
    for seed in range(1, ROUNDS + 1):
        enough = ledger.acknowledged + 20 + SeededEntropy(seed).below(300)
        with server(kind, tmp_path) as (url, process):
            await write_until_dead(url, ledger, seed, enough, process.kill)
        assert ledger.acknowledged >= enough
        ledger.settle(await check(kind, tmp_path, ledger))
