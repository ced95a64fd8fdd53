"""Connections: a layer in which an invocation has only so many operations on their way at a time.

The others wait until one has ended; nothing fails. Source: the product's limits page, "Simultaneous open
connections": six for each invocation, KV's operations among them.
"""

from asyncio import Semaphore
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kvstore.clock import Clock
from kvstore.invocation import Invocations
from kvstore.store import Entry, Page, Store

T = TypeVar("T")


@dataclass
class Connections:
    """A store around ``store``; ``most`` operations of an invocation at a time, others without limit."""

    store: Store
    most: int
    invocations: Invocations

    @property
    def clock(self) -> Clock:
        return self.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        return await self._in_turn(lambda: self.store.get(key, cache_ttl))

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        return await self._in_turn(lambda: self.store.get_many(keys, cache_ttl))

    async def put(self, key: str, entry: Entry) -> None:
        await self._in_turn(lambda: self.store.put(key, entry))

    async def delete(self, key: str) -> None:
        await self._in_turn(lambda: self.store.delete(key))

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        return await self._in_turn(lambda: self.store.scan(prefix, after, limit))

    async def _in_turn(self, operation: Callable[[], Awaitable[T]]) -> T:
        invocation = self.invocations.current
        if invocation is None:
            return await operation()
        if invocation.connections is None:
            invocation.connections = Semaphore(self.most)
        async with invocation.connections:
            return await operation()
