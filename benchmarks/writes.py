"""put of 200 bytes, 50 waiting at a time, each acknowledged after its commit."""

import asyncio
from functools import partial
from pathlib import Path

from benchmarks import miniflare as peer
from benchmarks.measurement import Measurement
from benchmarks.timing import seconds
from kvstore import KVNamespace, SqliteStore, StateStore, Store
from kvstore.sql.pooled import PooledDatabase

_PUTS = 2000
_TOGETHER = 50
_ROUNDS = 3
_BARS = {"our own store": 10, "wrangler's folder": 4}


async def measure(folder: Path) -> list[Measurement]:
    if not peer.is_there():
        return [Measurement(f"put, 50 at a time, {where}", missing=peer.MISSING) for where in _BARS]
    state = StateStore(folder / "put-state", "bench", opener=PooledDatabase.open)
    stores = {"our own store": await SqliteStore.pooled(folder / "put.sqlite"), "wrangler's folder": state}
    with peer.miniflare(folder / "put") as url:
        rounds = [await _round(stores, url) for _ in range(_ROUNDS)]
    for store in stores.values():
        await store.close()
    best = {where: max(rates[where] for rates in rounds) for where in rounds[0]}
    return [
        Measurement(
            f"put, 50 at a time, {where}", "per second", best[where], best[""], "Miniflare", "at least", bar
        )
        for where, bar in _BARS.items()
    ]


async def _round(stores: dict[str, SqliteStore | StateStore], url: str) -> dict[str, float]:
    """Puts per second into each store and, without a name, into Miniflare, one after the other."""
    took = {where: await seconds(partial(_puts, store), rounds=1) for where, store in stores.items()}
    took[""] = peer.seconds_of(f"{url}/puts?n={_PUTS}&at={_TOGETHER}")
    return {where: _PUTS / took[where] for where in took}


async def _puts(store: Store) -> None:
    namespace = KVNamespace(store)
    for first in range(0, _PUTS, _TOGETHER):
        keys = range(first, first + _TOGETHER)
        await asyncio.gather(*(namespace.put(f"key-{number}", "v" * 200) for number in keys))
