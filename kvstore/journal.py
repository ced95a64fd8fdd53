"""Journals: layers that record what was asked of a store, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from kvstore.invocation import Invocations
from kvstore.layer import Layer
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
class WriteJournal(Layer):
    """A store around ``store`` that appends an Event to ``events`` for every put and delete, in order."""

    store: Store
    invocations: Invocations = field(default_factory=Invocations)
    events: list[Event] = field(default_factory=list)

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


@dataclass
class Journal(WriteJournal):
    """One that records reads too.

    ``names`` adds which keys were found by those that look for many: memory for each key of each listing.
    """

    names: bool = False

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        try:
            entry = await self.store.get(key, cache_ttl)
        except BaseException as error:
            self._note("get", key, error=error)
            raise
        self._note("get", key, entry)
        return entry

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        try:
            entries = await self.store.get_many(keys, cache_ttl)
        except BaseException as error:
            self._note("get_many", ",".join(keys), error=error)
            raise
        self._note("get_many", ",".join(keys), found=tuple(entries) if self.names else ())
        return entries

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        try:
            page = await self.store.scan(prefix, after, limit)
        except BaseException as error:
            self._note("scan", prefix, error=error)
            raise
        self._note("scan", prefix, found=tuple([info.name for info in page.keys]) if self.names else ())
        return page
