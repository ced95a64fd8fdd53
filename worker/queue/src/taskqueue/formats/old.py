"""The old format: one array of ids, ``orchestrator:pending``, beside one key per task and per lease.

Enqueueing and completing read the array, change it and write it back, in separate steps: two at once lose
one of the changes (H28), two within a second are one too many for KV (H27). Completing leaves the lease.
"""

from typing import Any

from taskqueue import keys
from taskqueue.formats.leased import LeasedTasks
from taskqueue.formats.protocol import Claimed, NothingToClaim, Object
from taskqueue.javascript import JsError, stringify, truthy


class OldFormat(LeasedTasks):
    """The guide's "Before": tasks in the order of the array, duplicates and dangling ids included."""

    layout = keys.OLD

    async def enqueue(self, task: Object) -> None:
        await self.put_task(task["id"], task)
        pending = _array(await self.pending(), "push")
        await self._put_pending([*pending, task["id"]])

    async def pending(self) -> Any:
        stored = await self.kv.get(keys.PENDING, "json")
        return stored if truthy(stored) else []

    async def claim(self, worker_id: str, seconds: int) -> Claimed | NothingToClaim:
        return await self.claim_from(await self.pending(), worker_id, seconds)

    async def complete(self, task_id: str, result: Any) -> None:
        await self.kv.put(keys.result(task_id), stringify(result), expirationTtl=keys.RESULT_TTL)
        pending = _array(await self.pending(), "filter")
        await self._put_pending([listed for listed in pending if listed != task_id])
        await self.kv.delete(self.layout.task(task_id))

    async def _put_pending(self, pending: list[Any]) -> None:
        await self.kv.put(keys.PENDING, stringify(pending), expirationTtl=keys.PENDING_TTL)


def _array(pending: Any, method: str) -> list[Any]:
    if not isinstance(pending, list):
        raise JsError("TypeError", f"pendingList.{method} is not a function")
    return pending
