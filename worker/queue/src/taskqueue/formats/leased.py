"""What both formats do alike: tasks and leases, one key each, in the layout of the format.

A claim is that of the original since its release 56cd9c7: list the leases once (the first page), take the
first id without one, put a lease with a nonce, read it back. Neither the listing nor the reading back makes
the claim exclusive on an eventually consistent store (H21, H22, H24).
"""

from typing import Any

from taskqueue import keys, platform
from taskqueue.environment import KV
from taskqueue.formats.protocol import Claimed, NothingToClaim, Object
from taskqueue.javascript import iterate, length, stringify, text, truthy


class LeasedTasks:
    """The part of a QueueFormat that depends on nothing but the layout of its keys."""

    layout: keys.Layout

    def __init__(self, kv: KV) -> None:
        self.kv = kv

    async def put_task(self, task_id: str, task: Any) -> None:
        await self.kv.put(self.layout.task(task_id), stringify(task), expirationTtl=keys.TASK_TTL)

    async def task(self, task_id: str) -> Any:
        return await self.kv.get(self.layout.task(task_id), "json")

    async def set_status(self, task_id: str, status: str) -> bool:
        task = await self.task(task_id)
        if not truthy(task):
            return False
        task["status"] = status
        task["updatedAt"] = platform.now_iso()
        await self.put_task(task_id, task)
        return True

    async def claim_from(self, candidates: Any, worker_id: str, seconds: int) -> Claimed | NothingToClaim:
        """Lease the first of ``candidates`` that is free and whose task exists."""
        leased = await self._leased_ids()
        for candidate in iterate(candidates, "pending"):
            if isinstance(candidate, str) and candidate in leased:
                continue
            claimed = await self._try(candidate, worker_id, seconds)
            if claimed is not None:
                return claimed
        return NothingToClaim(length(candidates))

    async def _leased_ids(self) -> set[str]:
        page = await self.kv.list(prefix=self.layout.leases)
        return {key["name"].removeprefix(self.layout.leases) for key in page["keys"]}

    async def _try(self, candidate: Any, worker_id: str, seconds: int) -> Claimed | None:
        task_id = text(candidate)
        lease = new_lease(worker_id, seconds)
        await self._put_lease(task_id, lease, seconds)
        if _member(await self.lease(task_id), "claimNonce") != lease["claimNonce"]:
            return None
        task = await self.task(task_id)
        if not truthy(task):
            await self.release(task_id)
            return None
        return Claimed(candidate, task, lease)

    async def lease(self, task_id: str) -> Any:
        return await self.kv.get(self.layout.lease(task_id), "json")

    async def release(self, task_id: str) -> None:
        await self.kv.delete(self.layout.lease(task_id))

    async def renew(self, task_id: str, lease: Object, seconds: int) -> Object:
        now = platform.now_ms()
        renewed = {**lease, "expiresAt": platform.iso(now + seconds * 1000), "renewedAt": platform.iso(now)}
        await self._put_lease(task_id, renewed, seconds)
        return renewed

    async def _put_lease(self, task_id: str, lease: Object, seconds: int) -> None:
        await self.kv.put(self.layout.lease(task_id), stringify(lease), expirationTtl=seconds)


def new_lease(worker_id: str, seconds: int) -> Object:
    now = platform.now_ms()
    return {
        "workerId": worker_id,
        "claimNonce": f"{worker_id}:{now}:{platform.nonce(8)}",
        "claimedAt": platform.iso(now),
        "expiresAt": platform.iso(now + seconds * 1000),
    }


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
