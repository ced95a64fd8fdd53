"""A layer that changes nothing: what others are made from."""

from collections.abc import Sequence

from kvstore.clock import Clock
from kvstore.store import Entry, Page, Store


class Layer:
    """Hands everything on to ``store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def clock(self) -> Clock:
        return self.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        return await self.store.get(key, cache_ttl)

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        return await self.store.get_many(keys, cache_ttl)

    async def put(self, key: str, entry: Entry) -> None:
        await self.store.put(key, entry)

    async def delete(self, key: str) -> None:
        await self.store.delete(key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        return await self.store.scan(prefix, after, limit)
