"""Edge: what one location of the network sees of a namespace that is written in many.

Reads are served from the location's cache for as long as they were asked to be cached, misses too; listings
lag behind. Sources: the product's pages "How KV works" and "List keys". Numbers that are not documented are
parameters, with the documented worst case as their default.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from kvstore.entropy import Entropy
from kvstore.figures import whole
from kvstore.store import Entry, KeyInfo, Page, Store, is_over

_PER_MILLE = 1000
# From how many copies on a location removes those whose time is over.
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Staleness:
    """``cache_ttl`` in seconds when a read does not ask for another, ``list_lag`` in seconds.

    ``own_writes`` is how many of 1,000 writes the location that made them sees at once: all by default,
    which is usual and not promised.
    """

    cache_ttl: int = whole("kv.cache_ttl")
    list_lag: int = whole("kv.list_lag")
    own_writes: int = whole("kv.own_writes")


@dataclass(slots=True)
class Copy:
    """A cached read: the entry, or None for a miss, and when it was taken and goes, in milliseconds."""

    entry: Entry | None
    taken: int
    until: int

    def seen_at(self, now: int) -> Entry | None:
        """The entry, unless it has expired: that ends it wherever it is cached."""
        entry = self.entry
        return None if entry is None or is_over(entry.expiration, now) else entry


# When and where which key was written, and what was there before.
_Change = tuple[int, str, str, Entry | None]
_AT = itemgetter(0)


@dataclass
class Origin:
    """The authoritative store, and what changed in it lately: locations list the past by that.

    No location asks for what changed more than ``lag_ms`` ago.
    """

    store: Store
    lag_ms: float = math.inf
    changes: list[_Change] = field(default_factory=list)

    async def put(self, colo: str, key: str, entry: Entry) -> None:
        self._note(colo, key, await self.store.get(key))
        await self.store.put(key, entry)

    async def delete(self, colo: str, key: str) -> None:
        self._note(colo, key, await self.store.get(key))
        await self.store.delete(key)

    def _note(self, colo: str, key: str, before: Entry | None) -> None:
        now = self.store.clock.now_ms()
        if self.changes and self.changes[0][0] < now - 2 * self.lag_ms:
            self.forget()
        self.changes.append((now, colo, key, before))

    def forget(self) -> None:
        """What changed so long ago that no location lists what was before it any more."""
        moment = self.store.clock.now_ms() - self.lag_ms
        del self.changes[: bisect_right(self.changes, moment, key=_AT)]

    def _before(self, moment: int, colo: str, prefix: str, *, own: bool) -> dict[str, Entry | None]:
        """What was there at ``moment`` of what changed since; with ``own``, not of what ``colo`` changed."""
        late = self.changes[bisect_right(self.changes, moment, key=_AT) :]
        return {
            key: before
            for _, where, key, before in reversed(late)
            if key.startswith(prefix) and not (own and where == colo)
        }

    async def page_as_of(
        self, moment: int, colo: str, prefix: str, after: str | None, limit: int, *, own: bool
    ) -> Page:
        """A page as a listing at ``moment`` showed it, without what has expired since.

        With ``own`` the writes of ``colo`` are there up to now.
        """
        now, past = self.store.clock.now_ms(), self._before(moment, colo, prefix, own=own)
        gone = [
            KeyInfo(key, one.expiration, one.metadata)
            for key, one in past.items()
            if one is not None and (after is None or key > after)
        ]
        shown, page, since = list[KeyInfo](), Page([], complete=False), after
        while len(shown) <= limit and not page.complete:
            page = await self.store.scan(prefix, since, limit + 1)
            until = None if page.complete else page.keys[-1].name
            then = [info for info in page.keys if info.name not in past] if past else page.keys
            if gone:
                then = sorted([*then, *(one for one in gone if until is None or one.name <= until)])
                gone = [one for one in gone if until is not None and one.name > until]
            shown += [one for one in then if one.expiration is None or one.expiration * 1000 > now]
            since = until
        return Page(shown[:limit], complete=len(shown) <= limit)

    async def every_key(self, prefix: str) -> list[KeyInfo]:
        """Every key, as it is now."""
        page = await self.store.scan(prefix)
        keys = list(page.keys)
        while not page.complete:
            page = await self.store.scan(prefix, keys[-1].name)
            keys += page.keys
        return keys


@dataclass(eq=False, repr=False)
class Edge:
    """The store as the location ``colo`` sees it. Locations of one namespace share an Origin."""

    origin: Origin
    colo: str
    staleness: Staleness
    entropy: Entropy
    _cache: dict[str, Copy] = field(init=False, default_factory=dict)
    _most: int = field(init=False, default=_MANY)

    def __post_init__(self) -> None:
        self.clock = self.origin.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        now, ttl = self.clock.now_ms(), 1000 * (cache_ttl or self.staleness.cache_ttl)
        copy = self._cached(key, now, ttl)
        if copy is None:
            copy = self._keep(key, await self.origin.store.get(key, cache_ttl), now, ttl)
        return copy.seen_at(now)

    def _cached(self, key: str, now: int, ttl: int) -> Copy | None:
        """The copy of a key, if its time is not over for a read that asks for ``ttl`` (ms)."""
        copy = self._cache.get(key)
        if copy is None:
            return None
        # A read that asks for a shorter life may end the copy's.
        copy.until = min(copy.until, copy.taken + ttl)
        return copy if now < copy.until else None

    def _keep(self, key: str, entry: Entry | None, now: int, ttl: int) -> Copy:
        self._cache[key] = copy = Copy(entry, now, now + ttl)
        if len(self._cache) > self._most:
            self._cache = {name: one for name, one in self._cache.items() if now < one.until}
            self._most = max(_MANY, 2 * len(self._cache))
        return copy

    def copy_of(self, key: str) -> Copy | None:
        """What is cached of a key, whether or not its time is over."""
        return self._cache.get(key)

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        now, ttl = self.clock.now_ms(), 1000 * (cache_ttl or self.staleness.cache_ttl)
        copies = {key: self._cached(key, now, ttl) for key in keys}
        missed = [key for key, copy in copies.items() if copy is None]
        if missed:
            entries = await self.origin.store.get_many(missed, cache_ttl)
            copies |= {key: self._keep(key, entries.get(key), now, ttl) for key in missed}
        seen = {key: None if copy is None else copy.seen_at(now) for key, copy in copies.items()}
        return {key: entry for key, entry in seen.items() if entry is not None}

    async def put(self, key: str, entry: Entry) -> None:
        await self.origin.put(self.colo, key, entry)
        self._saw_own_write(key)

    async def delete(self, key: str) -> None:
        await self.origin.delete(self.colo, key)
        self._saw_own_write(key)

    def _saw_own_write(self, key: str) -> None:
        if self._sees_own_writes():
            self._cache.pop(key, None)

    def _sees_own_writes(self) -> bool:
        seen = self.staleness.own_writes
        return seen >= _PER_MILLE or self.entropy.below(_PER_MILLE) < seen

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        """The page as of ``list_lag`` seconds ago, with this location's own writes if it sees those."""
        moment = self.clock.now_ms() - 1000 * self.staleness.list_lag
        own = self._sees_own_writes()
        return await self.origin.page_as_of(moment, self.colo, prefix, after, limit, own=own)
