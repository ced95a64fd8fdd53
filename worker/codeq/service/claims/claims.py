"""Hands a task to a worker."""

from worker.codeq.documents import IN_PROGRESS, Task, Timeline
from worker.codeq.keys import PRIORITIES, CodeqKeys
from worker.codeq.servers import Server
from worker.codeq.service.claims.queues import CodeqQueues
from worker.codeq.service.claims.repair import Repair
from worker.codeq.store import TaskTable

# How many ids without a readable record one claim drops from one list before it gives up.
DROP_LIMIT = 200
POLL_SECONDS = 0.25


class Claims:
    """The order of the commands counts before the priority: 9 to 0 within each."""

    def __init__(
        self,
        server: Server,
        keys: CodeqKeys,
        tasks: TaskTable,
        queues: CodeqQueues,
        repair: Repair,
        timeline: Timeline,
    ) -> None:
        self._server = server
        self._keys = keys
        self._tasks = tasks
        self._queues = queues
        self._repair = repair
        self._timeline = timeline

    async def claim(self, worker: str, commands: list[str], lease: int) -> Task | None:
        """The next task, leased for ``lease`` seconds; None when there is none. Raises ServerError."""
        for command in commands:
            await self._repair.repair(command)
        for command in commands:
            for priority in PRIORITIES:
                task = await self._take(command, priority)
                if task is not None:
                    return await self._hand_out(task, worker, lease)
        return None

    async def _take(self, command: str, priority: int) -> Task | None:
        for _ in range(DROP_LIMIT):
            task_id = await self._queues.take(command, priority)
            if task_id is None:
                return None
            task = await self._tasks.read(task_id)
            if task is not None:
                return task
            # Without a readable record the id is gone for good; the record, if any, stays.
            await self._queues.drop(command, task_id)
        return None

    async def _hand_out(self, task: Task, worker: str, lease: int) -> Task:
        """Whatever the stored status is: a finished task that is found in a queue is worked on again."""
        await self._server.call("SETEX", self._keys.lease(task.id), lease, worker)
        task.status = IN_PROGRESS
        task.worker_id = worker
        task.lease_until = self._timeline.lease_until(lease)
        task.attempts += 1
        await self._tasks.save(task)
        return task
