"""The dual or new format with a coordinator: its word is what counts, the leases in KV are copies of it.

The copies are written for whoever reads KV: the migration, the way back, Workers without a coordinator.
A caller shows the coordinator what it sees of a task's leases in KV, for leases from before its time.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from taskqueue import bulk, keys, platform
from taskqueue.environment import KV
from taskqueue.formats.careful import CarefulClaims, Refusals, Seen
from taskqueue.formats.dual import DualFormat
from taskqueue.formats.lease import StoredLease
from taskqueue.formats.protocol import Claimed, NothingToClaim, Object
from taskqueue.formats.record import identity
from taskqueue.javascript import stringify
from taskqueue.requests.reply import Refusal, json_reply
from taskqueue.turns import LONGEST_MS

POLL_MS: Final = 250
TRIES: Final = 100


class Coordinator(Protocol):
    """The stub of a `taskqueue.coordinator.TaskCoordinator`."""

    async def claim(self, candidates: list[Object], worker_id: str, seconds: int) -> Object: ...

    async def lease(self, task_id: str, seen: list[str]) -> Object | None: ...

    async def renew(self, task_id: str, name: str, seconds: int, seen: list[str]) -> Object | None: ...

    async def release(self, task_id: str, name: str, seen: list[str]) -> bool: ...

    async def complete(self, task_id: str) -> None: ...

    async def is_completed(self, task_id: str) -> bool: ...

    async def enter(self, name: str, longest: int) -> int: ...

    async def leave(self, name: str) -> None: ...


@asynccontextmanager
async def turn(coordinator: Coordinator, name: str) -> AsyncIterator[None]:
    """Be the only one to write the keys of a task or of its lease, in either format, a second after the last.

    ``name`` is the new format's key. Waits for 25 seconds at most.
    """
    entered = False
    for _ in range(TRIES):
        wait = await coordinator.enter(name, LONGEST_MS)
        entered = wait >= 0
        if wait:
            await platform.pause(wait if entered else POLL_MS)
        if entered:
            break
    try:
        yield
    finally:
        if entered:
            await coordinator.leave(name)


class CoordinatedClaims(CarefulClaims):
    """Claims that a coordinator decides. What has a result, or is no task, is not offered to it."""

    def __init__(self, kv: KV, layouts: tuple[keys.Layout, ...], coordinator: Coordinator) -> None:
        super().__init__(kv, layouts)
        self.coordinator = coordinator

    async def claim_from(
        self, candidates: list[str], worker_id: str, seconds: int
    ) -> Claimed | NothingToClaim:
        refusals, asked = Refusals(), False
        async for chunk in self.chunks(candidates):
            able = {seen.id: seen for seen in chunk if seen.task is not None}
            while able:
                offered = [{"id": seen.id, "seen": texts(seen.leases)} for seen in able.values()]
                answer, asked = await self.coordinator.claim(offered, worker_id, seconds), True
                if "id" not in answer:
                    break
                claimed = await self._shown(able.pop(answer["id"]), dict(answer["lease"]), seconds, refusals)
                if claimed is not None:
                    return claimed
        if not asked:
            # A new coordinator lets some time pass before it gives out anything: from now on.
            await self.coordinator.claim([], worker_id, seconds)
        return NothingToClaim(len(candidates))

    async def _shown(self, seen: Seen, lease: Object, seconds: int, refusals: Refusals) -> Claimed | None:
        """Write the copy of a new lease. If KV refuses, the task is given back and the next one tried."""
        try:
            async with turn(self.coordinator, keys.NEW.lease(seen.id)):
                await self.put_lease(seen.id, lease, seconds)
        except Exception as error:
            await self.coordinator.release(seen.id, identity(lease), [])
            refusals.note(error)
            return None
        return Claimed(seen.id, seen.task, lease)


class CoordinatedFormat(DualFormat):
    """One request's view of the queue: it acts on the lease that it read, and on no later one."""

    def __init__(self, kv: KV, layouts: tuple[keys.Layout, ...], coordinator: Coordinator) -> None:
        super().__init__(kv, layouts)
        self.claims = CoordinatedClaims(kv, layouts, coordinator)
        self.coordinator = coordinator
        self._read: dict[str, str] = {}

    async def enqueue(self, task: Object) -> None:
        async with turn(self.coordinator, keys.NEW.task(task["id"])):
            await super().enqueue(task)

    async def set_status(self, task_id: str, status: str) -> bool:
        """False for a completed task too, however long KV shows it."""
        async with turn(self.coordinator, keys.NEW.task(task_id)):
            if await self.coordinator.is_completed(task_id):
                return False
            return await super().set_status(task_id, status)

    async def lease(self, task_id: str) -> Any:
        lease = await self.coordinator.lease(task_id, await self._seen(task_id))
        if lease is not None:
            self._read[task_id] = identity(lease)
        return lease

    async def release(self, task_id: str) -> None:
        """Raises Refusal when the lease that was read holds no more: the task may be somebody else's."""
        name = self._read.get(task_id, "")
        async with turn(self.coordinator, keys.NEW.lease(task_id)):
            if not await self.coordinator.release(task_id, name, await self._seen(task_id)):
                raise Refusal(json_reply({"error": "Not lease holder"}, 403))
            await super().release(task_id)

    async def renew(self, task_id: str, lease: Object, seconds: int) -> Object:
        """Raises Refusal as `release` does."""
        async with turn(self.coordinator, keys.NEW.lease(task_id)):
            seen = await self._seen(task_id)
            renewed = await self.coordinator.renew(task_id, identity(lease), seconds, seen)
            if renewed is None:
                raise Refusal(json_reply({"error": "Invalid lease or not holder"}, 403))
            await self.claims.put_lease(task_id, dict(renewed), seconds)
            for layout in self.layouts[1:]:
                await self.kv.delete(layout.lease(task_id))
            return renewed

    async def complete(self, task_id: str, result: Any) -> None:
        """The result comes first: a task that is done for the coordinator must have one."""
        task, lease = keys.NEW.task(task_id), keys.NEW.lease(task_id)
        async with turn(self.coordinator, task), turn(self.coordinator, lease):
            await self.kv.put(keys.result(task_id), stringify(result), expirationTtl=keys.RESULT_TTL)
            await self.coordinator.complete(task_id)
            for layout in self.layouts:
                await self.kv.delete(layout.task(task_id))
                await self.kv.delete(layout.lease(task_id))

    async def _seen(self, task_id: str) -> list[str]:
        found = await bulk.texts(self.kv, [layout.lease(task_id) for layout in self.layouts])
        return [text for text in found.values() if text is not None]


def texts(leases: list[StoredLease | None]) -> list[str]:
    """Leases as the coordinator takes them; what could not be read is no JSON there either."""
    there = [lease for lease in leases if lease is not None]
    return ["" if lease.members is None else stringify(lease.members) for lease in there]
