"""Edge: what one location of the network sees of a namespace that is written in many.

Reads are served from the location's cache for as long as they were asked to be cached, misses too; listings
lag behind. Sources: the product's pages "How KV works" and "List keys". Numbers that are not documented are
parameters, with the documented worst case as their default.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from kvstore.entropy import Entropy
from kvstore.figures import whole
from kvstore.store import Entry, KeyInfo, Page, Store, is_over

_PER_MILLE = 1000


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


# When and where which key was written, and what was there before.
_Change = tuple[int, str, str, Entry | None]
_AT = itemgetter(0)


@dataclass
class Origin:
    """The authoritative store, and what changed in it lately: locations list the past by that."""

    store: Store
    changes: list[_Change] = field(default_factory=list)

    async def put(self, colo: str, key: str, entry: Entry) -> None:
        self._note(colo, key, await self.store.get(key))
        await self.store.put(key, entry)

    async def delete(self, colo: str, key: str) -> None:
        self._note(colo, key, await self.store.get(key))
        await self.store.delete(key)

    def _note(self, colo: str, key: str, before: Entry | None) -> None:
        self.changes.append((self.store.clock.now_ms(), colo, key, before))

    def forget(self, moment: int) -> None:
        """What changed up to ``moment``: no location lists what was before it any more."""
        del self.changes[: bisect_right(self.changes, moment, key=_AT)]

    async def keys_as_of(self, moment: int, colo: str, prefix: str, *, own: bool) -> list[KeyInfo]:
        """Every key as a listing at ``moment`` showed it; with ``own``, the writes of ``colo`` up to now."""
        shown = await self._every_key(prefix)
        late = self.changes[bisect_right(self.changes, moment, key=_AT) :]
        past = {
            key: before
            for _, where, key, before in reversed(late)
            if key.startswith(prefix) and not (own and where == colo)
        }
        if not past:
            return shown
        then = [info for info in shown if info.name not in past]
        then += [KeyInfo(key, one.expiration, one.metadata) for key, one in past.items() if one is not None]
        return sorted(then)

    async def _every_key(self, prefix: str) -> list[KeyInfo]:
        page = await self.store.scan(prefix)
        keys = page.keys
        while not page.complete:
            page = await self.store.scan(prefix, keys[-1].name)
            keys = [*keys, *page.keys]
        return keys


class Edge:
    """The store as the location ``colo`` sees it. Locations of one namespace share an Origin."""

    def __init__(self, origin: Origin, colo: str, staleness: Staleness, entropy: Entropy) -> None:
        self.origin = origin
        self.colo = colo
        self.staleness = staleness
        self.entropy = entropy
        self.clock = origin.store.clock
        self._cache: dict[str, Copy] = {}

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        now, ttl = self.clock.now_ms(), 1000 * (cache_ttl or self.staleness.cache_ttl)
        copy = self._cache.get(key)
        if copy is not None:
            # A read that asks for a shorter life may end the copy's; the expiration of the key always does.
            copy.until = min(copy.until, copy.taken + ttl)
            if now < copy.until:
                entry = copy.entry
                return None if entry is None or is_over(entry.expiration, now) else entry
        entry = await self.origin.store.get(key, cache_ttl)
        self._cache[key] = Copy(entry, now, now + ttl)
        return entry

    def copy_of(self, key: str) -> Copy | None:
        """What is cached of a key, whether or not its time is over."""
        return self._cache.get(key)

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        found = {key: await self.get(key, cache_ttl) for key in keys}
        return {key: entry for key, entry in found.items() if entry is not None}

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
        now = self.clock.now_ms()
        moment = now - 1000 * self.staleness.list_lag
        keys = await self.origin.keys_as_of(moment, self.colo, prefix, own=self._sees_own_writes())
        if after is not None:
            keys = [info for info in keys if info.name > after]
        shown = [info for info in keys if not is_over(info.expiration, now)]
        return Page(shown[:limit], complete=len(shown) <= limit)
