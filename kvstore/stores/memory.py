"""A namespace in Python's own memory: for simulations, which make one for every run."""

from collections.abc import Mapping, MutableMapping, Sequence
from heapq import heappop, heappush

from kvstore.clock import Clock
from kvstore.store import Entry, KeyInfo, Page, is_over
from kvstore.stores.ordered_names import OrderedNames
from kvstore.stores.table import Table


class MemoryStore:
    """Entries in a dict, with the expiry rules of the product: what SqliteStore in memory does, sooner.

    Reading an expired entry removes it, and a scan removes all that have expired.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._entries: MutableMapping[str, Entry] = {}
        self._names = OrderedNames()
        # A heap of when, in seconds, which key expires if it has not been written anew.
        self._ends: list[tuple[int, str]] = []

    def fork(self, clock: Clock | None = None) -> "MemoryStore":
        """A copy, as of now, that shares nothing with this store."""
        twin = MemoryStore(clock or self.clock)
        twin._entries, twin._names = dict(self._entries), OrderedNames(self._names)
        twin._ends = list(self._ends)
        return twin

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        return self._alive(key, self.clock.now_ms()) if key in self._entries else None

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        now = self.clock.now_ms()
        found = {key: self._alive(key, now) for key in sorted(keys)}
        return {key: entry for key, entry in found.items() if entry is not None}

    async def put(self, key: str, entry: Entry) -> None:
        self._put(key, entry)

    async def put_many(self, entries: Mapping[str, Entry]) -> None:
        """How a namespace is filled."""
        for key, entry in entries.items():
            self._put(key, entry)

    async def delete(self, key: str) -> None:
        self._remove(key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        """One page of keys; an entry still shows in the millisecond in which it expires, as measured."""
        self._purge(self.clock.now_ms())
        found = self._names.following(prefix, after, limit + 1)
        return Page(self._about(found[:limit]), complete=len(found) <= limit)

    async def entries(self) -> Mapping[str, Entry]:
        """Everything that a reader could see now, in key order."""
        now, rows = self.clock.now_ms(), await self.rows()
        return {key: entry for key, entry in rows.items() if not is_over(entry.expiration, now)}

    async def rows(self) -> Mapping[str, Entry]:
        """Everything stored, in key order, with what has expired and was not yet removed."""
        return {name: self._entries[name] for name in self._names}

    async def close(self) -> None:
        """Nothing is held."""

    def _about(self, names: list[str]) -> list[KeyInfo]:
        entries, made = self._entries, tuple.__new__
        return [
            made(KeyInfo, (name, expiration, metadata))  # without the call in Python that it is by its name
            for name in names
            for _, expiration, metadata in (entries[name],)
        ]

    def _alive(self, key: str, now: int) -> Entry | None:
        entry = self._entries.get(key)
        if entry is not None and is_over(entry.expiration, now):
            self._remove(key)
            return None
        return entry

    def _put(self, key: str, entry: Entry) -> None:
        if key not in self._entries:
            self._names.add(key)
        self._entries[key] = entry
        if entry.expiration is not None:
            heappush(self._ends, (entry.expiration, key))

    def _remove(self, key: str) -> None:
        if key in self._entries:
            del self._entries[key]
            self._names.remove(key)

    def _purge(self, now: int) -> None:
        """Remove every entry that expired before ``now``."""
        while self._ends and self._ends[0][0] * 1000 < now:
            _, key = heappop(self._ends)
            entry = self._entries.get(key)
            if entry is not None and is_over(entry.expiration, now - 1):
                self._remove(key)


class TableStore(MemoryStore):
    """The same in a table, for what is large: its entries' values are in a file."""

    _entries: Table

    def __init__(self, clock: Clock, like: Table) -> None:
        super().__init__(clock)
        self._entries = Table(like=like)

    async def entries(self) -> Table:
        return (await self.rows()).alive(self.clock.now_ms())

    async def rows(self) -> Table:
        return self._entries.in_order(self._names)

    def _about(self, names: list[str]) -> list[KeyInfo]:
        return self._entries.about(names)
