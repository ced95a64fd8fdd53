"""What every claim does first: due tasks become pending, and tasks without a lease are given up."""

from worker.codeq.documents import PENDING, Task, Timeline
from worker.codeq.errors import Refusal, ServerError
from worker.codeq.keys import CodeqKeys
from worker.codeq.servers import Command, Server, checked
from worker.codeq.service.claims.nack import Backoff, Nack
from worker.codeq.service.claims.queues import CodeqQueues
from worker.codeq.settings import Settings
from worker.codeq.store import TaskTable

LEASE_EXPIRED = "LEASE_EXPIRED"


class Repair:
    """At most ``requeueInspectLimit`` due tasks and as many leases in one go."""

    def __init__(
        self,
        server: Server,
        keys: CodeqKeys,
        tasks: TaskTable,
        queues: CodeqQueues,
        nack: Nack,
        backoff: Backoff,
        timeline: Timeline,
        settings: Settings,
    ) -> None:
        self._server = server
        self._keys = keys
        self._tasks = tasks
        self._queues = queues
        self._nack = nack
        self._backoff = backoff
        self._timeline = timeline
        self._limit = settings.requeue_inspect_limit

    async def repair(self, command: str) -> None:
        await self._wake(command)
        await self._expire(command)

    async def _wake(self, command: str) -> None:
        """Delayed tasks whose time has come go into the pending list of their priority."""
        delayed, now = self._keys.delayed(command), self._timeline.epoch()
        due = await self._server.call("ZRANGEBYSCORE", delayed, "-inf", now, "LIMIT", 0, self._limit)
        if not due:
            return
        tasks = {task_id: await self._tasks.read(task_id) for task_id in due}
        checked(await self._server.transaction(self._moves(command, tasks)))
        for task_id in [task_id for task_id, task in tasks.items() if task is not None]:
            task = await self._tasks.read(task_id)
            if task is not None:
                task.release(PENDING)
                await self._tasks.save(task)

    def _moves(self, command: str, tasks: dict[str, Task | None]) -> list[Command]:
        """An id without a record is only taken out: it is in no queue afterwards."""
        moves: list[Command] = []
        for task_id, task in tasks.items():
            moves.append(("ZREM", self._keys.delayed(command), task_id))
            if task is not None:
                moves.append(("LPUSH", self._keys.pending(command, task.priority), task_id))
        return moves

    async def _expire(self, command: str) -> None:
        """A lease that is over, absent, or without an end ends the attempt."""
        ids = await self._queues.some_in_progress(command, self._limit)
        if not ids:
            return
        left = checked(await self._server.pipeline([("TTL", self._keys.lease(one)) for one in ids]))
        for task_id, seconds in zip(ids, left, strict=True):
            if seconds <= 0:
                await self._give_up(command, task_id)

    async def _give_up(self, command: str, task_id: str) -> None:
        task = await self._tasks.read(task_id)
        try:
            await self._nack.give_up(
                task_id, self._backoff.seconds(task.attempts if task else 0), LEASE_EXPIRED
            )
        except (Refusal, ServerError):
            # No record, or not in progress: handed out again, be it finished long ago.
            await self._queues.drop(command, task_id)
            await self._queues.push(command, task.priority if task else 0, task_id)
