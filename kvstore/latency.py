"""Latency: a layer in which every operation takes time on the store's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kvstore.clock import Clock
from kvstore.store import Entry, Page, Store


@dataclass
class Latency:
    """A store around ``store`` whose operations each take ``milliseconds`` before they begin."""

    store: Store
    milliseconds: int

    @cached_property
    def clock(self) -> Clock:
        return self.store.clock

    async def _pass(self) -> None:
        if self.milliseconds:
            await self.clock.sleep(self.milliseconds / 1000)

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        await self._pass()
        return await self.store.get(key, cache_ttl)

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        await self._pass()
        return await self.store.get_many(keys, cache_ttl)

    async def put(self, key: str, entry: Entry) -> None:
        await self._pass()
        await self.store.put(key, entry)

    async def delete(self, key: str) -> None:
        await self._pass()
        await self.store.delete(key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        await self._pass()
        return await self.store.scan(prefix, after, limit)
