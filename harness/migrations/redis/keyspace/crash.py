"""A connection that is cut before its n-th command, at the seam on which everything hangs."""

from collections.abc import Sequence
from typing import Any

from worker.codeq import Passing, Server
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


class Crashing(Passing):
    """``inner`` for ``commands`` commands; before the next one the program ends.

    In a pipeline each command counts, and those before the crash take effect; a transaction is one command,
    as it is for the server. ``sent`` has each that was carried out by its name and key, and ``cut`` the one
    that was not.
    """

    def __init__(self, inner: Server, commands: int | None = None) -> None:
        super().__init__(inner)
        self._most = commands
        self.sent: list[str] = []
        self._writes = [0]
        self.cut = ""

    @property
    def count(self) -> int:
        """How many were carried out."""
        return len(self.sent)

    @property
    def points(self) -> list[int]:
        """After how many of them a crash leaves a keyspace that no earlier one left.

        At first, and behind whatever does not only read.
        """
        return [point for point in self._writes if point < self.count]

    async def call(self, *command: Argument) -> Any:
        self._send(command)
        return await self._inner.call(*command)

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        left = len(commands) if self._most is None else self._most - self.count
        if left < len(commands):
            if left:
                await self._inner.pipeline(commands[:left])
            for command in commands[: left + 1]:
                self._send(command)
        for command in commands:
            self._send(command)
        return await self._inner.pipeline(commands)

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        self._send(("MULTI", *(word for command in commands[:1] for word in command[:2])))
        replies = await self._inner.transaction(commands)
        self._writes.append(self.count)
        return replies

    def _send(self, command: Command) -> None:
        text = " ".join(map(str, command[: 3 if command[0] == "MULTI" else 2]))
        if self._most is not None and self.count >= self._most:
            self.cut = text
            raise Crashed(f"before command {self._most + 1}: {text}")
        self.sent.append(text)
        if command[0] not in _READS and command[0] != "MULTI":  # which may be refused as a whole
            self._writes.append(self.count)
