"""Layers around a store that a bulk request needs."""

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


class HeldBack(Layer):
    """Keeps puts and deletes in ``changes`` (None for a delete), the last of a key counts.

    So that a request which the storage layer refuses half-way has changed nothing.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.changes: dict[str, Entry | None] = {}

    async def put(self, key: str, entry: Entry) -> None:
        self.changes[key] = entry

    async def delete(self, key: str) -> None:
        self.changes[key] = None


class Noted(Layer):
    """Notes in ``found`` what get_many found: its answer has no expirations."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.found: dict[str, Entry] = {}

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        self.found = await self.store.get_many(keys, cache_ttl)
        return self.found
