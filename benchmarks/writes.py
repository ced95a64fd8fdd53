"""put of 200 bytes, 50 waiting at a time, each acknowledged after its commit."""

import asyncio
from pathlib import Path

from benchmarks import miniflare as peer
from benchmarks.measurement import Measurement
from benchmarks.timing import seconds
from kvstore import KVNamespace, SqliteStore, StateStore, Store
from kvstore.pooled import PooledDatabase

_PUTS = 2000
_TOGETHER = 50


async def measure(folder: Path) -> list[Measurement]:
    own = await SqliteStore.pooled(folder / "put.sqlite")
    state = StateStore(folder / "put-state", "bench", opener=PooledDatabase.open)
    rates = {"our own store": await _rate(own), "wrangler's folder": await _rate(state)}
    await own.close()
    await state.close()
    if not peer.is_there():
        return [Measurement(f"put, 50 at a time, {where}", missing=peer.MISSING) for where in rates]
    with peer.miniflare(folder / "put") as url:
        theirs = _PUTS / min(peer.seconds_of(f"{url}/puts?n={_PUTS}&at={_TOGETHER}") for _ in range(3))
    return [
        Measurement(f"put, 50 at a time, {where}", "per second", rate, theirs, "Miniflare", "at least", bar)
        for (where, rate), bar in zip(rates.items(), (10, 4), strict=True)
    ]


async def _rate(store: Store) -> float:
    namespace = KVNamespace(store)

    async def puts() -> None:
        for first in range(0, _PUTS, _TOGETHER):
            keys = range(first, first + _TOGETHER)
            await asyncio.gather(*(namespace.put(f"key-{number}", "v" * 200) for number in keys))

    return _PUTS / await seconds(puts, rounds=3)
