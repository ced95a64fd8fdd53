"""codeQ's queues: ten pending lists, a set in progress, a delayed zset, a list of dead letters."""

from worker.codeq.documents import Task
from worker.codeq.errors import ServerError, naming
from worker.codeq.keys import PRIORITIES, CodeqKeys
from worker.codeq.servers import Command, Server, checked
from worker.codeq.service.claim_script import CLAIM_SHA, MOVE_LIMIT, MOVE_SCRIPT, MOVE_SHA


class CodeqQueues:
    """Pending lists are entered at the left and left at the right."""

    def __init__(self, server: Server, keys: CodeqKeys) -> None:
        self._server = server
        self._keys = keys
        self._sha = CLAIM_SHA

    async def push(self, command: str, priority: int, task_id: str) -> None:
        await self._server.call("LPUSH", self._keys.pending(command, priority), task_id)

    async def take(self, command: str, priority: int) -> str | None:
        """The oldest waiting id that is not already in progress, now in progress."""
        keys = (self._keys.pending(command, priority), self._keys.inprog(command))
        with naming("claim move script"):
            try:
                moved: str | None = await self._server.call("EVALSHA", self._sha, 2, *keys, MOVE_LIMIT)
            except ServerError as error:
                # KVRocks before 2.9 says `ERR NOSCRIPT`, which codeQ does not recognise.
                if not str(error).startswith("NOSCRIPT "):
                    raise
                moved = await self._server.call("EVAL", MOVE_SCRIPT, 2, *keys, MOVE_LIMIT)
                self._sha = MOVE_SHA  # EVAL has made the script known, as codeQ's own would be by its sha
        return moved

    async def drop(self, command: str, task_id: str) -> None:
        await self._server.call("SREM", self._keys.inprog(command), task_id)

    async def requeue(self, task: Task) -> None:
        with naming("SREM inprog"):
            await self.drop(task.command, task.id)
        await self.push(task.command, task.priority, task.id)

    async def some_in_progress(self, command: str, limit: int) -> list[str]:
        """At most ``limit`` ids in progress: any, except on KVRocks 2.7, where they are always the first."""
        with naming("SRANDMEMBER inprog"):
            ids: list[str] = await self._server.call("SRANDMEMBER", self._keys.inprog(command), limit)
        return ids

    async def waiting(self, command: str) -> int:
        """How many are pending, over all priorities."""
        return sum([await self._server.call(*length) for length in self._pending_lengths(command)])

    async def lengths(self, command: str) -> dict[str, int]:
        """Each of the command's 13 keys, and how many are in it."""
        lengths = [
            *self._pending_lengths(command),
            ("SCARD", self._keys.inprog(command)),
            ("ZCARD", self._keys.delayed(command)),
            ("LLEN", self._keys.dlq(command)),
        ]
        replies = checked(await self._server.pipeline(lengths))
        return {str(key): count for (_, key), count in zip(lengths, replies, strict=True)}

    def _pending_lengths(self, command: str) -> list[Command]:
        return [("LLEN", self._keys.pending(command, priority)) for priority in PRIORITIES]
