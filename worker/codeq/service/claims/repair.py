"""What every claim does first: due tasks become pending, and tasks without a lease are given up."""

from dataclasses import dataclass

from worker.codeq.documents import PENDING, Task
from worker.codeq.errors import Refusal, ServerError
from worker.codeq.servers import Command, checked
from worker.codeq.service.claims.nack import Nack
from worker.codeq.service.operations import Operations

LEASE_EXPIRED = "LEASE_EXPIRED"


@dataclass(frozen=True, slots=True)
class Repair(Operations):
    """At most ``requeueInspectLimit`` due tasks and as many leases in one go."""

    nack: Nack

    async def repair(self, command: str) -> None:
        await self._wake(command)
        await self._expire(command)

    async def _wake(self, command: str) -> None:
        """Delayed tasks whose time has come go into the pending list of their priority."""
        delayed, now = self.keys.delayed(command), self.timeline.epoch()
        most = self.settings.requeue_inspect_limit
        due = await self.server.call("ZRANGEBYSCORE", delayed, "-inf", now, "LIMIT", 0, most)
        if not due:
            return
        tasks = {task_id: await self.tasks.read(task_id) for task_id in due}
        checked(await self.server.transaction(self._moves(command, tasks)))
        for task_id in [task_id for task_id, task in tasks.items() if task is not None]:
            task = await self.tasks.read(task_id)
            if task is not None:
                task.release(PENDING)
                await self.tasks.save(task)

    def _moves(self, command: str, tasks: dict[str, Task | None]) -> list[Command]:
        """An id without a record is only taken out: it is in no queue afterwards."""
        moves: list[Command] = []
        for task_id, task in tasks.items():
            moves.append(("ZREM", self.keys.delayed(command), task_id))
            if task is not None:
                moves.append(("LPUSH", self.keys.pending(command, task.priority), task_id))
        return moves

    async def _expire(self, command: str) -> None:
        """A lease that is over, absent, or without an end ends the attempt."""
        ids = await self.queues.some_in_progress(command, self.settings.requeue_inspect_limit)
        if not ids:
            return
        left = checked(await self.server.pipeline([("TTL", self.keys.lease(one)) for one in ids]))
        for task_id, seconds in zip(ids, left, strict=True):
            if seconds <= 0:
                await self._give_up(command, task_id)

    async def _give_up(self, command: str, task_id: str) -> None:
        task = await self.tasks.read(task_id)
        try:
            delay = self.nack.backoff.seconds(task.attempts if task else 0)
            await self.nack.give_up(task_id, delay, LEASE_EXPIRED)
        except (Refusal, ServerError):
            # No record, or not in progress: handed out again, be it finished long ago.
            await self.queues.drop(command, task_id)
            await self.queues.push(command, task.priority if task else 0, task_id)
