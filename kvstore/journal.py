"""Journal: a layer that records what was asked of a store, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from kvstore.clock import Clock
from kvstore.invocation import Invocations
from kvstore.store import Entry, Page, Store

Verb = Literal["get", "get_many", "put", "delete", "scan"]


@dataclass(slots=True)
class Event:
    """One operation, after it ended. Not frozen, which takes five times as long to make; nobody changes it.

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

    @cached_property
    def clock(self) -> Clock:
        return self.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        if not self.reads:
            return await self.store.get(key, cache_ttl)
        try:
            entry = await self.store.get(key, cache_ttl)
        except BaseException as error:
            self._note("get", key, error=error)
            raise
        self._note("get", key, entry)
        return entry

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        if not self.reads:
            return await self.store.get_many(keys, cache_ttl)
        try:
            entries = await self.store.get_many(keys, cache_ttl)
        except BaseException as error:
            self._note("get_many", ",".join(keys), error=error)
            raise
        self._note("get_many", ",".join(keys), found=tuple(entries) if self.names else ())
        return entries

    async def put(self, key: str, entry: Entry) -> None:
        try:
            await self.store.put(key, entry)
        except BaseException as error:
            self._note("put", key, entry, error=error)
            raise
        self._note("put", key, entry)

    async def delete(self, key: str) -> None:
        try:
            await self.store.delete(key)
        except BaseException as error:
            self._note("delete", key, error=error)
            raise
        self._note("delete", key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        if not self.reads:
            return await self.store.scan(prefix, after, limit)
        try:
            page = await self.store.scan(prefix, after, limit)
        except BaseException as error:
            self._note("scan", prefix, error=error)
            raise
        self._note("scan", prefix, found=tuple([info.name for info in page.keys]) if self.names else ())
        return page

    def _note(
        self,
        verb: Verb,
        key: str,
        entry: Entry | None = None,
        found: tuple[str, ...] = (),
        error: BaseException | None = None,
    ) -> None:
        invocation = self.invocations.current
        name = invocation.name if invocation else ""
        why = None if error is None else str(error) or type(error).__name__
        events = self.events
        events.append(Event(len(events), self.clock.now_ms(), name, verb, key, entry, why, found))
