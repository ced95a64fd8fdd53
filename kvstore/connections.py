"""Connections: a layer in which an invocation has only so many operations on their way at a time.

The others wait until one has ended; nothing fails. Source: the product's limits page, "Simultaneous open
connections": six for each invocation, KV's operations among them.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from kvstore.clock import Clock
from kvstore.invocation import Invocations
from kvstore.places import Places
from kvstore.store import Entry, Page, Store

T = TypeVar("T")


@dataclass
class Connections:
    """A store around ``store``; ``most`` operations of an invocation at a time, others without limit."""

    store: Store
    most: int
    invocations: Invocations

    @cached_property
    def clock(self) -> Clock:
        return self.store.clock

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        return self._in_turn(lambda: self.store.get(key, cache_ttl))

    def get_many(
        self, keys: Sequence[str], cache_ttl: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Entry]]:
        return self._in_turn(lambda: self.store.get_many(keys, cache_ttl))

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        return self._in_turn(lambda: self.store.put(key, entry))

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        return self._in_turn(lambda: self.store.delete(key))

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        return self._in_turn(lambda: self.store.scan(prefix, after, limit))

    async def _in_turn(self, operation: Callable[[], Awaitable[T]]) -> T:
        invocation = self.invocations.current
        if invocation is None:
            return await operation()
        places = invocation.connections
        if places is None:
            places = invocation.connections = Places(self.most)
        if not places.take():
            await places.wait()
        try:
            return await operation()
        finally:
            places.leave()
