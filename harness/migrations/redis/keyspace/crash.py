"""A connection that is cut before its n-th command, at the seam on which everything hangs."""

from collections.abc import Sequence
from typing import Any

from worker.codeq import Server
from worker.codeq.servers.server import Argument, Command

_READS = frozenset(
    {
        "EXISTS",
        "GET",
        "HGETALL",
        "HLEN",
        "HMGET",
        "HSCAN",
        "INFO",
        "LLEN",
        "LRANGE",
        "PING",
        "PTTL",
        "SCAN",
        "SCARD",
        "SMEMBERS",
        "SSCAN",
        "TYPE",
        "XINFO",
        "XLEN",
        "XRANGE",
        "XREVRANGE",
        "ZCARD",
        "ZRANGE",
    }
)


class Crashed(Exception):
    """The program ended here. Not a CodeqError: nothing must be able to handle it."""


class Crashing:
    """``inner`` for ``commands`` commands; before the next one the program ends.

    In a pipeline each command counts, and those before the crash take effect; a transaction is one command,
    as it is for the server. ``count`` is how many were carried out. ``points`` are after how many of them a
    crash leaves a keyspace that no earlier one left: at first, and behind whatever does not only read.
    """

    def __init__(self, inner: Server, commands: int | None = None) -> None:
        self._inner = inner
        self._left = commands
        self.count = 0
        self._points = [0]

    @property
    def points(self) -> list[int]:
        return [point for point in self._points if point < self.count]

    @property
    def name(self) -> str:
        return self._inner.name

    async def call(self, *command: Argument) -> Any:
        self._spend()
        self._note(command)
        return await self._inner.call(*command)

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        left = len(commands) if self._left is None else self._left - self.count
        if left < len(commands):
            if left:
                await self._inner.pipeline(commands[:left])
            raise Crashed(f"before command {self._left}")
        for command in commands:
            self.count += 1
            self._note(command)
        return await self._inner.pipeline(commands)

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        self._spend()
        replies = await self._inner.transaction(commands)
        self._points.append(self.count)
        return replies

    async def close(self) -> None:
        await self._inner.close()

    def _spend(self) -> None:
        if self._left is not None and self.count >= self._left:
            raise Crashed(f"before command {self._left}")
        self.count += 1

    def _note(self, command: Command) -> None:
        if command[0] not in _READS:
            self._points.append(self.count)
