"""What the legacy scheduler does, as Redis commands.

The source is an audit of the old service, made before codeQ replaced it; the service itself is not public.
There are no retries' counts and no dead letters: expired work is pending again at once, for ever.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kvstore.entropy import Entropy
from worker.codeq.documents import PENDING, Task, Timeline, encode
from worker.codeq.errors import Refusal
from worker.codeq.keys import BUILT_IN_COMMANDS, LegacyKeys
from worker.codeq.servers import Command, Server, checked
from worker.codeq.settings import Settings
from worker.codeq.store import Ownership, TaskTable


class LegacyQueues:
    """Both lists are entered at the left; the pending one is left at the right."""

    def __init__(self, server: Server, keys: LegacyKeys) -> None:
        self._server = server
        self._keys = keys

    async def push(self, command: str, task_id: str) -> None:
        await self._server.call("LPUSH", self._keys.pending(command), task_id)

    async def take(self, command: str) -> str | None:
        """The oldest waiting id, now the newest of those in progress."""
        pending, inprog = self._keys.pending(command), self._keys.inprog(command)
        taken: str | None = await self._server.call("RPOPLPUSH", pending, inprog)
        return taken

    async def newest_in_progress(self, command: str, limit: int) -> list[str]:
        """At most ``limit`` ids from the left, so that old ones behind many new ones are never seen."""
        ids: list[str] = await self._server.call("LRANGE", self._keys.inprog(command), 0, limit - 1)
        return ids

    async def finish(self, command: str, task_id: str) -> None:
        await self._server.call("LREM", self._keys.inprog(command), 0, task_id)

    async def requeue(self, task: Task) -> None:
        await self.finish(task.command, task.id)
        await self.push(task.command, task.id)

    async def lengths(self, commands: tuple[str, ...]) -> dict[str, int]:
        """Each queue's key, and how many ids are in it."""
        keys = [key for one in commands for key in (self._keys.pending(one), self._keys.inprog(one))]
        return {key: await self._server.call("LLEN", key) for key in keys}


@dataclass(eq=False)
class Scheduler:
    """The operations; ``ownership`` holds heartbeat and abandon."""

    server: Server
    timeline: Timeline
    entropy: Entropy
    settings: Settings

    def __post_init__(self) -> None:
        self._keys = LegacyKeys()
        self._queues = LegacyQueues(self.server, self._keys)
        self.tasks = TaskTable(self.server, self._keys, self.timeline)
        self.ownership = Ownership(self.server, self._keys, self.tasks, self._queues, self.timeline)

    async def create(self, command: str, payload: Any, priority: int, webhook: str) -> Task:
        """A new task at the end of its queue. The priority is stored, and that is all."""
        now = self.timeline.now()
        task_id = str(UUID(bytes=self.entropy.token(16), version=4))
        task = Task(task_id, command, encode(payload), PENDING, now, now, priority, webhook)
        await self.tasks.save(task)
        await self._queues.push(command, task.id)
        return task

    async def claim(self, worker: str, commands: list[str], lease: int) -> Task | None:
        """The oldest task of the first command that has one; None when none has."""
        for command in commands or BUILT_IN_COMMANDS:
            await self.repair(command)
            while (task_id := await self._queues.take(command)) is not None:
                task = await self.tasks.read(task_id)
                if task is not None:
                    await self.ownership.hand_out(task, worker, lease)
                    return task
                await self._queues.finish(command, task_id)
        return None

    async def repair(self, command: str) -> None:
        """Puts back what nobody holds any more, looking at the newest ids in progress only."""
        limit = self.settings.requeue_inspect_limit
        for task_id in await self._queues.newest_in_progress(command, limit):
            if await self.server.call("TTL", self._keys.lease(task_id)) > 0:
                continue
            await self._queues.finish(command, task_id)
            await self._queues.push(command, task_id)
            await self.tasks.retain(task_id)

    async def finish(self, task_id: str, worker: str, status: str) -> Task:
        """ASSUMPTION: the audit lists no way to complete a task.

        The migration guide speaks of "results storage" beside the scheduler, so something finished tasks in
        this keyspace. This is the least that it can have done.
        """
        task = await self.tasks.read(task_id)
        if task is None:
            raise Refusal(404, "not found")
        if task.worker_id != worker:
            raise Refusal(403, "not-owner")
        task.release(status)
        await self.tasks.write(task)
        await self._queues.finish(task.command, task_id)
        await self.server.call("DEL", self._keys.lease(task_id))
        await self.tasks.retain(task_id)
        return task

    async def queue_lengths(self) -> dict[str, int]:
        return await self._queues.lengths(BUILT_IN_COMMANDS)

    async def clean_up(self, before: int, limit: int) -> int:
        """Deletes at most ``limit`` tasks whose retention ended by ``before`` (epoch seconds); how many."""
        ids = await self.server.call("ZRANGEBYSCORE", self._keys.ttl, "-inf", before, "LIMIT", 0, limit)
        for task_id in ids:
            task = await self.tasks.read(task_id)
            checked(await self.server.pipeline(self._deletion(task_id, task)))
        return len(ids)

    def _deletion(self, task_id: str, task: Task | None) -> list[Command]:
        commands: list[Command] = [
            ("HDEL", self._keys.tasks, task_id),
            ("ZREM", self._keys.ttl, task_id),
            ("DEL", self._keys.lease(task_id)),
        ]
        if task is not None:  # without its record, nobody knows which queue it was in
            commands.append(("LREM", self._keys.pending(task.command), 0, task_id))
            commands.append(("LREM", self._keys.inprog(task.command), 0, task_id))
        return commands
