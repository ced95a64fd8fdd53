"""Deletes tasks whose retention is over. Nothing else ever deletes one."""

from worker.codeq.documents import Task
from worker.codeq.errors import ServerError
from worker.codeq.servers import Command, checked
from worker.codeq.service.operations import Operations


class Cleanup(Operations):
    """Looks at the retention index only: a task in progress goes like any other; results stay for ever."""

    async def run(self, before: int, limit: int) -> int:
        """Deletes at most ``limit`` tasks that were kept up to ``before`` (epoch seconds).

        How many were deleted without an error; one with an error may be gone all the same.
        """
        key = self.keys.ttl
        ids = await self.server.call("ZRANGEBYSCORE", key, "-inf", before, "LIMIT", 0, limit)
        deleted = 0
        for task_id in ids:
            commands = self._deletion(task_id, await self.tasks.read(task_id))
            try:
                checked(await self.server.transaction(commands))
            except ServerError:
                continue
            deleted += 1
        return deleted

    def _deletion(self, task_id: str, task: Task | None) -> list[Command]:
        keys = self.keys
        commands: list[Command] = [
            ("HDEL", keys.tasks, task_id),
            ("ZREM", keys.ttl, task_id),
            ("DEL", keys.lease(task_id)),
        ]
        if task is None:  # without its record, nobody knows which queue it was in
            return commands
        return [
            *commands,
            ("LREM", keys.pending(task.command, task.priority), 0, task_id),
            ("SREM", keys.inprog(task.command), task_id),
            ("ZREM", keys.delayed(task.command), task_id),
            ("LREM", keys.dlq(task.command), 0, task_id),
        ]
