"""Claims as careful as plain KV allows, over one key layout or over both.

Candidates come page after page, a chunk of them is read in one operation: task, leases and result. What has a
result, is no JSON, or is held by the clock of ``expiresAt``, is passed over without a write. Then a lease
with a nonce is put, and everything is read once more. Still no claim is exclusive: reads may be stale, and
two workers may both see their own lease (H21, H22).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from taskqueue import bulk, keys, listing, platform
from taskqueue.environment import KV
from taskqueue.formats.lease import StoredLease, strongest
from taskqueue.formats.leased import new_lease
from taskqueue.formats.protocol import Claimed, NothingToClaim, Object
from taskqueue.javascript import parse, stringify, truthy
from taskqueue.requests import task_id

# As many candidates as one operation reads, with up to five keys each.
CHUNK: Final = bulk.KEYS_PER_GET // 5
MOST_REFUSALS: Final = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """A candidate as it was read: ``task`` is None unless there is work in it; the leases, new one first."""

    id: str
    task: Any
    leases: list[StoredLease | None]

    @property
    def order(self) -> tuple[str, bytes]:
        queued = self.task.get("queuedAt") if isinstance(self.task, dict) else None
        return (queued if isinstance(queued, str) else "", self.id.encode())

    def held(self, now_ms: int) -> bool:
        return any(lease is not None and lease.holds(now_ms) for lease in self.leases)


class Refusals:
    """KV's refusals of leases in a row: one may be about one task, many are about every task."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, error: Exception) -> None:
        """Raises ``error`` if it is the last that is put up with."""
        self.count += 1
        if self.count == MOST_REFUSALS:
            raise error


class CarefulClaims:
    """Claims over ``layouts``; leases are written in the first of them."""

    def __init__(self, kv: KV, layouts: Sequence[keys.Layout]) -> None:
        self.kv = kv
        self.layouts = layouts

    async def claim_from(
        self, candidates: list[str], worker_id: str, seconds: int
    ) -> Claimed | NothingToClaim:
        """Lease the first free one: within a chunk by ``queuedAt`` and id, the chunks as they are listed."""
        refusals = Refusals()
        async for chunk in self.chunks(candidates):
            for seen in chunk:
                if seen.task is not None and not seen.held(platform.now_ms()):
                    claimed = await self._try(seen.id, worker_id, seconds, refusals)
                    if claimed is not None:
                        return claimed
        return NothingToClaim(len(candidates))

    async def chunks(self, candidates: list[str]) -> AsyncIterator[list[Seen]]:
        """The candidates as they are read, in the order in which they are to be tried."""
        leased = await self._leased_ids()
        free = [id for id in candidates if id not in leased]
        # A listing cannot tell whether a lease has run out: those that it shows come last.
        ordered = free + [id for id in candidates if id in leased]
        for start in range(0, len(ordered), CHUNK):
            yield sorted(await self._see(ordered[start : start + CHUNK]), key=lambda seen: seen.order)

    async def _leased_ids(self) -> set[str]:
        return {id for layout in self.layouts for id in await listing.ids(self.kv, layout.leases)}

    async def _see(self, ids: Sequence[str]) -> list[Seen]:
        # An id that is too long for its result's key can never be completed, and so is never claimed.
        fit = [id for id in ids if len(id.encode()) <= task_id.MAX_BYTES]
        names = [name for id in fit for name in (*self._keys(id), keys.result(id))]
        found = await bulk.texts(self.kv, names)
        return [self._seen(id, found) for id in fit]

    def _keys(self, id: str) -> list[str]:
        return [name for layout in self.layouts for name in (layout.task(id), layout.lease(id))]

    def _seen(self, id: str, found: dict[str, str | None]) -> Seen:
        leases = [StoredLease.read(found[layout.lease(id)]) for layout in self.layouts]
        bodies = [found[layout.task(id)] for layout in self.layouts]
        body = next((body for body in bodies if body is not None), None)
        return Seen(id, None if found[keys.result(id)] is not None else _task(body), leases)

    async def _try(self, id: str, worker_id: str, seconds: int, refusals: Refusals) -> Claimed | None:
        """Put a lease and look again. KV's refusal of this one task is no refusal of the next."""
        lease = new_lease(worker_id, seconds)
        try:
            await self.put_lease(id, lease, seconds)
        except Exception as error:
            refusals.note(error)
            return None
        refusals.count = 0
        [seen] = await self._see([id])
        mine, *others = seen.leases
        if mine is not None and mine.nonce != lease["claimNonce"]:
            return None
        contested = any(other is not None and other.holds(platform.now_ms()) for other in others)
        if mine is None or contested or seen.task is None:
            await self._take_back(id)
            return None
        return Claimed(id, seen.task, lease)

    async def put_lease(self, id: str, lease: Object, seconds: int) -> None:
        """KV keeps a lease for a minute at least; ``expiresAt`` says when it really ends."""
        ttl = max(seconds, keys.LEAST_TTL)
        await self.kv.put(self.layouts[0].lease(id), stringify(lease), expirationTtl=ttl)

    async def _take_back(self, id: str) -> None:
        try:
            await self.kv.delete(self.layouts[0].lease(id))
        except Exception:
            return  # it ends by itself

    async def strongest_lease(self, id: str) -> Any:
        """The members of the lease that holds, whichever format it is in; None without one."""
        found = await bulk.texts(self.kv, [layout.lease(id) for layout in self.layouts])
        lease = strongest([StoredLease.read(text) for text in found.values()])
        return lease.members if lease is not None and lease.holds(platform.now_ms()) else None


def _task(body: str | None) -> Any:
    """The task in a body; None for none, and for what is no JSON or, by JavaScript's rules, nothing."""
    if body is None:
        return None
    try:
        task = parse(body)
    except ValueError:
        return None
    return task if truthy(task) else None
