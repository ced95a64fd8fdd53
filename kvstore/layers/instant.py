"""KV Instant: what a namespace in that mode takes, and when a location sees what was written elsewhere.

A private beta since October 2026. What is published is in `kvstore.figures`; what a refused call says is not
known, and the texts are ours.
"""

from bisect import bisect_right
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

from kvstore import messages
from kvstore.entropy import Entropy
from kvstore.figures import whole
from kvstore.layers.edge import Origin
from kvstore.layers.layer import Layer
from kvstore.limits import LIMITS
from kvstore.store import Entry, KeyInfo, Page, Store, is_over

_AT: Final = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Instant:
    """Sizes in bytes; by ``p95_ms``, another location sees 95 of a hundred writes."""

    key_size: int = whole("instant.key_size")
    size: int = whole("instant.size")
    keys: int = whole("instant.keys")
    p50_ms: int = whole("instant.p50_ms")
    p95_ms: int = whole("instant.p95_ms")
    p99_ms: int = whole("instant.p99_ms")
    longest_ms: int = whole("instant.longest_ms")

    def delay_ms(self, per_mille: int) -> int:
        """How long the write takes that ``per_mille`` of a thousand are faster than; in between, a line."""
        points = ((0, 0), (500, self.p50_ms), (950, self.p95_ms), (990, self.p99_ms), (1000, self.longest_ms))
        for (start, least), (end, most) in pairwise(points):
            if per_mille < end:
                return least + (most - least) * (per_mille - start) // (end - start)
        return self.longest_ms


# How many bytes a key takes, and when it expires, in seconds.
_Size = tuple[int, int | None]


class Held:
    """How much a namespace holds: what it held when it was first written to, and what was written since."""

    def __init__(self, store: Store, mode: Instant) -> None:
        self.store = store
        self.mode = mode
        self._sizes: dict[str, _Size] | None = None
        self._total = 0
        # A heap of ends: when a key expires, unless it was written again since.
        self._ends: list[tuple[int, str]] = []

    async def take(self, key: str, entry: Entry) -> _Size | None:
        """Make room for an entry; the result is the size that its key had. Raises KVError if none is left."""
        if self._sizes is None:
            await self._count()
        size = _size(key, entry)
        if not self._fits(key, size):
            self._let_expire()
            if not self._fits(key, size):
                raise messages.instant_full(self.mode.keys, self.mode.size)
        return self.change(key, (size, entry.expiration))

    def change(self, key: str, size: _Size | None) -> _Size | None:
        """A key now has ``size``, None for a key that is deleted. The result is the size that it had."""
        if self._sizes is None:
            return None
        before = self._sizes.pop(key, None)
        self._total -= 0 if before is None else before[0]
        if size is not None:
            self._sizes[key] = size
            self._total += size[0]
            if size[1] is not None:
                heappush(self._ends, (size[1], key))
        return before

    def _fits(self, key: str, size: int) -> bool:
        sizes = self._sizes or {}
        before = sizes[key][0] if key in sizes else 0
        total = self._total - before + size
        return total <= self.mode.size and len(sizes) + (key not in sizes) <= self.mode.keys

    def _let_expire(self) -> None:
        now, sizes = self.store.clock.now_ms(), self._sizes or {}
        while self._ends and is_over(self._ends[0][0], now):
            end, key = heappop(self._ends)
            if key in sizes and sizes[key][1] == end:
                self.change(key, None)

    async def _count(self) -> None:
        entries, page = dict[str, Entry](), Page([], complete=False)
        while not page.complete:
            page = await self.store.scan("", page.keys[-1].name if page.keys else None)
            entries |= await self.store.get_many([one.name for one in page.keys])
        if self._sizes is not None:
            return  # for another write, meanwhile
        self._sizes = {}
        for key, entry in entries.items():
            self.change(key, (_size(key, entry), entry.expiration))


class InstantLimits(Layer):
    """Refuses what KV Instant does not take: long keys, metadata, pages of listings, and more than fits."""

    def __init__(self, store: Store, mode: Instant, held: Held) -> None:
        super().__init__(store)
        self.mode = mode
        self.held = held

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        size = len(key.encode())
        if size > self.mode.key_size:
            raise messages.long_key("PUT", size, self.mode.key_size)
        if entry.metadata is not None:
            raise messages.instant_metadata()
        return self._put(key, entry)

    async def _put(self, key: str, entry: Entry) -> None:
        before = await self.held.take(key, entry)
        try:
            await self.store.put(key, entry)
        except BaseException:
            self.held.change(key, before)
            raise

    async def delete(self, key: str) -> None:
        await self.store.delete(key)
        self.held.change(key, None)  # not before: the delete may be refused

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = LIMITS.list_keys
    ) -> Coroutine[Any, Any, Page]:
        if after is not None or limit != LIMITS.list_keys:
            raise messages.instant_pages()
        return self.store.scan(prefix)


@dataclass(eq=False, repr=False)
class Replica:
    """The store as the location ``colo`` sees it: no cold reads, and what others write after some time."""

    origin: Origin
    colo: str
    mode: Instant
    entropy: Entropy
    # How long writes of this moment take to arrive, by when and under which key they were made.
    _delays: dict[tuple[int, str], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = self.origin.store.clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        past = self._past(key)
        entry = past[key] if key in past else await self.origin.store.get(key)
        return None if entry is None or is_over(entry.expiration, self.clock.now_ms()) else entry

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        found = {key: await self.get(key) for key in keys}
        return {key: entry for key, entry in found.items() if entry is not None}

    async def put(self, key: str, entry: Entry) -> None:
        await self.origin.put(self.colo, key, entry)

    async def delete(self, key: str) -> None:
        await self.origin.delete(self.colo, key)

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        """Every key at once, whatever the ``limit``."""
        now, past = self.clock.now_ms(), self._past()
        keys = await self.origin.every_key(prefix)
        shown = [one for one in keys if one.name not in past]
        shown += [
            KeyInfo(key, one.expiration, one.metadata)
            for key, one in past.items()
            if one is not None and key.startswith(prefix)
        ]
        return Page(sorted(one for one in shown if not is_over(one.expiration, now)), complete=True)

    def _past(self, of: str | None = None) -> dict[str, Entry | None]:
        """What this location still sees of keys that were written elsewhere a moment ago."""
        changes, now = self.origin.changes, self.clock.now_ms()
        past: dict[str, Entry | None] = {}
        for moment, colo, key, before in changes[
            bisect_right(changes, now - self.mode.longest_ms, key=_AT) :
        ]:
            if of is not None and key != of:
                continue
            if colo == self.colo or moment + self._delay(moment, key) <= now:
                past.pop(key, None)
            else:
                past.setdefault(key, before)
        return past

    def _delay(self, moment: int, key: str) -> int:
        if (moment, key) not in self._delays:
            least = self.clock.now_ms() - self.mode.longest_ms
            self._delays = {write: ms for write, ms in self._delays.items() if write[0] > least}
            self._delays[moment, key] = self.mode.delay_ms(self.entropy.below(1000))
        return self._delays[moment, key]


def _size(key: str, entry: Entry) -> int:
    return len(key.encode()) + len(entry.value)
