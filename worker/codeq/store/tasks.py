"""The task hash and its retention index, under either service's prefix."""

from worker.codeq.documents import Task, Timeline
from worker.codeq.errors import DocumentError
from worker.codeq.keys import Keys
from worker.codeq.servers import Command, Server
from worker.codeq.settings import RETENTION_SECONDS


class TaskTable:
    """Tasks by id. A record that cannot be parsed is treated as no record, as codeQ does."""

    def __init__(self, server: Server, keys: Keys, timeline: Timeline) -> None:
        self._server = server
        self._keys = keys
        self._timeline = timeline

    async def read(self, task_id: str) -> Task | None:
        text = await self._server.call("HGET", self._keys.tasks, task_id)
        if text is None:
            return None
        try:
            return Task.parse(text)
        except DocumentError:
            return None

    async def write(self, task: Task) -> None:
        """HSET, with ``updatedAt`` now."""
        await self._server.call(*self.written(task))

    async def save(self, task: Task) -> None:
        """HSET and ZADD: the task is written, and kept for another day."""
        await self.write(task)
        await self.retain(task.id)

    async def retain(self, task_id: str) -> None:
        await self._server.call(*self.retained(task_id))

    def written(self, task: Task) -> Command:
        """The command that writes the task."""
        task.updated_at = self._timeline.now()
        return ("HSET", self._keys.tasks, task.id, task.text())

    def retained(self, task_id: str) -> Command:
        """The command that moves the task's end one day from now."""
        return ("ZADD", self._keys.ttl, self._timeline.epoch() + RETENTION_SECONDS, task_id)
