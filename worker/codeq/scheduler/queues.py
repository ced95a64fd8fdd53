"""The scheduler's queues: for each command a list that waits and a list that is worked on."""

from worker.codeq.documents import Task
from worker.codeq.keys import LegacyKeys
from worker.codeq.servers import Server


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
