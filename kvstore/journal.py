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
    text of the exception, None for success. ``found`` are the keys that a get_many or a scan found, in a
    journal with ``names``.
    """

    index: int
    at: int
    invocation: str
    verb: Verb
    key: str
    entry: Entry | None = None
    error: str | None = None
    found: tuple[str, ...] = ()


@dataclass
class Journal:
    """A store around ``store`` that appends an Event to ``events`` for every operation, in order.

    Without ``reads`` only for puts and deletes. ``names`` adds which keys were found by those that look for
    many: memory for each key of each listing.
    """

    store: Store
    invocations: Invocations = field(default_factory=Invocations)
    events: list[Event] = field(default_factory=list)
    reads: bool = True
    names: bool = False

    @property
    def clock(self) -> Clock:
        return self.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        if not self.reads:
            return await self.store.get(key, cache_ttl)
        with self._recording("get", key) as told:
            told.entry = await self.store.get(key, cache_ttl)
            return told.entry

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        if not self.reads:
            return await self.store.get_many(keys, cache_ttl)
        with self._recording("get_many", ",".join(keys)) as told:
            entries = await self.store.get_many(keys, cache_ttl)
            told.names = tuple(entries) if self.names else ()
            return entries

    async def put(self, key: str, entry: Entry) -> None:
        with self._recording("put", key) as told:
            told.entry = entry
            await self.store.put(key, entry)

    async def delete(self, key: str) -> None:
        with self._recording("delete", key):
            await self.store.delete(key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        if not self.reads:
            return await self.store.scan(prefix, after, limit)
        with self._recording("scan", prefix) as told:
            page = await self.store.scan(prefix, after, limit)
            told.names = tuple(info.name for info in page.keys) if self.names else ()
            return page

    @contextmanager
    def _recording(self, verb: Verb, key: str) -> Iterator["_Told"]:
        told = _Told()
        error: str | None = None
        try:
            yield told
        except BaseException as caught:
            error = str(caught) or type(caught).__name__
            raise
        finally:
            invocation = self.invocations.current
            name = invocation.name if invocation else ""
            index, now = len(self.events), self.clock.now_ms()
            self.events.append(Event(index, now, name, verb, key, told.entry, error, told.names))


@dataclass(slots=True)
class _Told:
    """What an operation wrote or found, as far as it is known when it ends."""

    entry: Entry | None = None
    names: tuple[str, ...] = ()
