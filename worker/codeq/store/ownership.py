"""What a worker does with a task, alike in both services: it gets one, keeps it, and abandons it."""

from dataclasses import dataclass
from typing import Protocol

from worker.codeq.documents import IN_PROGRESS, PENDING, Task, Timeline
from worker.codeq.errors import Refusal
from worker.codeq.keys import Keys
from worker.codeq.servers import Server
from worker.codeq.store.tasks import TaskTable


class Queues(Protocol):
    """Where tasks wait and where they are worked on."""

    async def requeue(self, task: Task) -> None:
        """Out of the in-progress part, and into the pending one."""
        ...


@dataclass(frozen=True, slots=True)
class Ownership:
    """Leases in the worker's hands.

    A task that is not there is refused with 500 ``not-found``, another worker's with 403 ``not-owner``.
    """

    server: Server
    keys: Keys
    tasks: TaskTable
    queues: Queues
    timeline: Timeline

    async def hand_out(self, task: Task, worker: str, lease: int) -> None:
        """The task is in progress, leased to ``worker`` for so many seconds.

        Whatever its status is: a finished task that is found in a queue is worked on again.
        """
        await self.server.call("SETEX", self.keys.lease(task.id), lease, worker)
        task.status = IN_PROGRESS
        task.worker_id = worker
        task.lease_until = self.timeline.lease_until(lease)
        await self.tasks.save(task)

    async def heartbeat(self, task_id: str, worker: str, seconds: int) -> None:
        """Extends the lease. Does not notice that the lease is gone: it is not made anew."""
        task = await self._owned(task_id, worker)
        await self.server.call("EXPIRE", self.keys.lease(task_id), seconds)
        task.lease_until = self.timeline.lease_until(seconds)
        await self.tasks.save(task)

    async def abandon(self, task_id: str, worker: str) -> None:
        """Gives the task back: pending again at once, its attempts unchanged."""
        task = await self._owned(task_id, worker)
        await self.queues.requeue(task)
        await self.server.call("DEL", self.keys.lease(task_id))
        task.release(PENDING)
        await self.tasks.save(task)

    async def _owned(self, task_id: str, worker: str) -> Task:
        task = await self.tasks.read(task_id)
        if task is None:
            raise Refusal(500, "not-found")
        if task.worker_id != worker:
            raise Refusal(403, "not-owner")
        return task
