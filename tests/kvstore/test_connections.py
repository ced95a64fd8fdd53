"""Connections: six operations of an invocation at a time."""

import asyncio

import pytest

from kvstore import ManualClock, SqliteStore
from kvstore.layers.invocation import Invocations
from kvstore.layers.transit import Transit, Trip
from kvstore.store import Entry

pytestmark = pytest.mark.anyio


class Slow(SqliteStore):
    """Counts how many reads are on their way; each takes until it is let go."""

    under_way = 0
    peak = 0
    gate: asyncio.Event

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        await self.gate.wait()
        self.under_way -= 1
        return None


async def _read_at_once(store: Slow, reads: int, invocation: str | None) -> int:
    store.gate, invocations = asyncio.Event(), Invocations(6)
    layer = Transit(store, lambda *_: Trip(), invocations)

    async def read_all() -> None:
        await asyncio.gather(*(layer.get(f"key-{number}") for number in range(reads)))

    async def read() -> None:
        if invocation is None:
            await read_all()
            return
        with invocations.start(invocation):
            await read_all()

    task = asyncio.create_task(read())
    for _ in range(20):
        await asyncio.sleep(0)
    peak = store.peak
    store.gate.set()
    await task
    assert store.under_way == 0
    return peak


async def test_the_seventh_operation_waits() -> None:
    assert await _read_at_once(Slow.in_memory(ManualClock()), 20, "request") == 6


async def test_outside_of_an_invocation_there_is_no_limit() -> None:
    assert await _read_at_once(Slow.in_memory(ManualClock()), 20, None) == 20
