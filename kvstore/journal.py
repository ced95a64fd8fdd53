"""Journal: a layer that records what was asked of a store, and what came of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from kvstore.clock import Clock
from kvstore.invocation import Invocations
from kvstore.store import Entry, Page, Store

Verb = Literal["get", "get_many", "put", "delete", "scan"]


@dataclass(frozen=True, slots=True)
class Event:
    """One operation, after it ended.

    ``at`` is in milliseconds since the UNIX epoch; ``invocation`` names the request in which it happened,
    "" outside of one. ``entry`` is what a put wrote or a get found; ``error`` the
    text of the exception, None for success.
    """

    index: int
    at: int
    invocation: str
    verb: Verb
    key: str
    entry: Entry | None = None
    error: str | None = None


@dataclass
class Journal:
    """A store around ``store`` that appends an Event to ``events`` for every operation, in order.

    Without ``reads`` only for puts and deletes.
    """

    store: Store
    invocations: Invocations = field(default_factory=Invocations)
    events: list[Event] = field(default_factory=list)
    reads: bool = True

    @property
    def clock(self) -> Clock:
        return self.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        if not self.reads:
            return await self.store.get(key, cache_ttl)
        with self._recording("get", key) as found:
            entry = await self.store.get(key, cache_ttl)
            found.append(entry)
            return entry

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        if not self.reads:
            return await self.store.get_many(keys, cache_ttl)
        with self._recording("get_many", ",".join(keys)):
            return await self.store.get_many(keys, cache_ttl)

    async def put(self, key: str, entry: Entry) -> None:
        with self._recording("put", key) as written:
            written.append(entry)
            await self.store.put(key, entry)

    async def delete(self, key: str) -> None:
        with self._recording("delete", key):
            await self.store.delete(key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        if not self.reads:
            return await self.store.scan(prefix, after, limit)
        with self._recording("scan", prefix):
            return await self.store.scan(prefix, after, limit)

    @contextmanager
    def _recording(self, verb: Verb, key: str) -> Iterator[list[Entry | None]]:
        entries: list[Entry | None] = []
        error: str | None = None
        try:
            yield entries
        except BaseException as caught:
            error = str(caught) or type(caught).__name__
            raise
        finally:
            entry = entries[0] if entries else None
            invocation = self.invocations.current
            name = invocation.name if invocation else ""
            self.events.append(Event(len(self.events), self.clock.now_ms(), name, verb, key, entry, error))
