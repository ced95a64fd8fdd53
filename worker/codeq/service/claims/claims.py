"""Hands a task to a worker."""

from dataclasses import dataclass

from worker.codeq.documents import Task
from worker.codeq.keys import PRIORITIES
from worker.codeq.service.claims.repair import Repair
from worker.codeq.service.operations import Operations
from worker.codeq.store import Ownership

# How many ids without a readable record one claim drops from one list before it gives up.
DROP_LIMIT = 200
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Claims(Operations):
    """The order of the commands counts before the priority: 9 to 0 within each."""

    ownership: Ownership
    repair: Repair

    async def claim(self, worker: str, commands: list[str], lease: int) -> Task | None:
        """The next task, leased for ``lease`` seconds; None when there is none. Raises ServerError."""
        for command in commands:
            await self.repair.repair(command)
        for command in commands:
            for priority in PRIORITIES:
                task = await self._take(command, priority)
                if task is not None:
                    task.attempts += 1
                    await self.ownership.hand_out(task, worker, lease)
                    return task
        return None

    async def _take(self, command: str, priority: int) -> Task | None:
        for _ in range(DROP_LIMIT):
            task_id = await self.queues.take(command, priority)
            if task_id is None:
                return None
            task = await self.tasks.read(task_id)
            if task is not None:
                return task
            # Without a readable record the id is gone for good; the record, if any, stays.
            await self.queues.drop(command, task_id)
        return None
