"""get of a 200-byte value through the binding, in process."""

from pathlib import Path

from benchmarks import miniflare as peer
from benchmarks.measurement import Measurement
from benchmarks.timing import in_turns
from kvstore import KVNamespace, SqliteStore
from kvstore.sql.inline import InlineDatabase

_KEYS = [f"key-{number}" for number in range(1000)]
_GETS = 10_000
_SELECT = "SELECT value, expiration, metadata FROM entries WHERE key = ?"


async def measure(folder: Path) -> list[Measurement]:
    measured = []
    kept = {"in memory": SqliteStore.in_memory(), "on disk": SqliteStore.open(folder / "get.sqlite")}
    for place, store in kept.items():
        ours, raw = await _against_sqlite(store)
        measured.append(Measurement(f"get, 200 bytes, {place}", "µs", ours, raw, "raw sqlite3", "at most", 3))
        await store.close()
    what = "get, 200 bytes, in a Worker"
    if not peer.is_there():
        return [*measured, Measurement(what, missing=peer.MISSING)]
    with peer.miniflare(folder / "get") as url:
        theirs = min(peer.seconds_of(f"{url}/gets?n=2000") for _ in range(3)) / 2000
    rate = 1e6 / measured[1].ours
    return [*measured, Measurement(what, "per second", rate, 1 / theirs, "Miniflare", "at least", 20)]


async def _against_sqlite(store: SqliteStore) -> tuple[float, float]:
    """Microseconds of a get, and of the SELECT that SQLite prepares once, on the same connection."""
    namespace = KVNamespace(store)
    for key in _KEYS:
        await namespace.put(key, "v" * 200)
    assert isinstance(store.database, InlineDatabase)
    execute = store.database.connection.execute

    async def ours() -> None:
        for number in range(_GETS):
            await namespace.get(_KEYS[number % 1000])

    async def raw() -> None:
        for number in range(_GETS):
            execute(_SELECT, (_KEYS[number % 1000],)).fetchone()

    took = await in_turns(ours, raw)
    return took[0] / _GETS * 1e6, took[1] / _GETS * 1e6
