"""The new format: one key per task, found by listing its prefix, and no list to keep.

Only the first page of a listing is read: beyond 1000 tasks the later names are neither shown nor claimed
until earlier ones are gone (H02). Tasks come in the order of their ids' bytes, not of their arrival (H65).
"""

from typing import Any

from taskqueue import keys
from taskqueue.formats.leased import LeasedTasks
from taskqueue.formats.protocol import Claimed, NothingToClaim, Object
from taskqueue.javascript import stringify


class NewFormat(LeasedTasks):
    """The guide's "After", with the claim of the original's release c9b3c08."""

    layout = keys.NEW

    async def enqueue(self, task: Object) -> None:
        await self.put_task(task["id"], task)

    async def pending(self) -> list[str]:
        page = await self.kv.list(prefix=self.layout.tasks)
        return [key["name"].removeprefix(self.layout.tasks) for key in page["keys"]]

    async def claim(self, worker_id: str, seconds: int) -> Claimed | NothingToClaim:
        return await self.claim_from(await self.pending(), worker_id, seconds)

    async def complete(self, task_id: str, result: Any) -> None:
        await self.kv.put(keys.result(task_id), stringify(result), expirationTtl=keys.RESULT_TTL)
        await self.kv.delete(self.layout.task(task_id))
        await self.release(task_id)
