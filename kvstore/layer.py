"""A layer that changes nothing: what others are made from."""

from collections.abc import Coroutine, Sequence
from functools import cached_property
from typing import Any

from kvstore.clock import Clock
from kvstore.store import Entry, Page, Store


class Layer:
    """Hands everything on to ``store``, whose coroutines are its own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def clock(self) -> Clock:
        return self.store.clock

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        return self.store.get(key, cache_ttl)

    def get_many(
        self, keys: Sequence[str], cache_ttl: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Entry]]:
        return self.store.get_many(keys, cache_ttl)

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        return self.store.put(key, entry)

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        return self.store.delete(key)

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        return self.store.scan(prefix, after, limit)
