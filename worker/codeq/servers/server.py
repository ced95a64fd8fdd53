"""The one seam between the services and Redis: commands in, replies or the server's own error text out.

Everything that must happen between a service and its data hangs on this seam: recording, a server that
behaves like another one, a crash after the n-th command.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from worker.codeq.errors import ServerError

Argument = str | bytes | int | float
Command = tuple[Argument, ...]


class Server(Protocol):
    """Where the data lives.

    Replies are what the server sent, in the forms of RESP 2: ``OK``, numbers, lists, None; members with
    scores are a flat list. Strings come back as ``str``; bytes that are not UTF-8 survive as lone surrogates.
    The names of commands are written in upper case.
    """

    @property
    def name(self) -> str:
        """What it is and where, for people."""
        ...

    async def call(self, *command: Argument) -> Any:
        """One command. Raises ServerError with the text that the server sent."""
        ...

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        """Commands in one trip; an error is a value in the list of replies."""
        ...

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        """Commands between MULTI and EXEC; an error of one is a value, and the others take effect.

        Raises ServerError if the server refuses the whole.
        """
        ...

    async def close(self) -> None: ...


class Passing:
    """``inner``, and nothing else: what changes something of a server says only what."""

    def __init__(self, inner: Server) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    async def call(self, *command: Argument) -> Any:
        return await self._inner.call(*command)

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        return await self._inner.pipeline(commands)

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        return await self._inner.transaction(commands)

    async def close(self) -> None:
        await self._inner.close()


def checked(replies: list[Any]) -> list[Any]:
    """The replies, if none of them is an error; otherwise raises the first that is."""
    for reply in replies:
        if isinstance(reply, ServerError):
            raise reply
    return replies


async def age(server: Server, seconds: int, prefix: str = "") -> int:
    """Takes ``seconds`` from the native TTL of every key under ``prefix``; how many expired.

    For rehearsals and tests whose clock jumps: afterwards leases, idempotency keys and throttles stand where
    they would stand had the server lived through that time.
    """
    cursor, expired = "0", 0
    while True:
        after, keys = await server.call("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", 1000)
        left = checked(await server.pipeline([("PTTL", key) for key in keys]))
        commands: list[Command] = []
        for key, milliseconds in zip(keys, left, strict=True):
            if milliseconds < 0:
                continue
            rest = milliseconds - seconds * 1000
            commands.append(("PEXPIRE", key, rest) if rest > 0 else ("DEL", key))
        checked(await server.pipeline(commands))
        expired += sum(command[0] == "DEL" for command in commands)
        cursor = after
        if cursor == "0":
            return expired
