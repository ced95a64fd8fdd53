"""A server that keeps what it was asked, as MONITOR would show it."""

from collections.abc import Sequence
from typing import Any

from worker.codeq.servers.server import Argument, Command, Passing, Server


class Recording(Passing):
    """``inner``, and ``commands``: every command in the order in which it was sent.

    Names are lower case; a transaction stands between ``("multi",)`` and ``("exec",)``.
    """

    def __init__(self, inner: Server) -> None:
        super().__init__(inner)
        self.commands: list[tuple[str, ...]] = []

    async def call(self, *command: Argument) -> Any:
        self._keep(command)
        return await self._inner.call(*command)

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        for command in commands:
            self._keep(command)
        return await self._inner.pipeline(commands)

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        for command in [("multi",), *commands, ("exec",)]:
            self._keep(command)
        return await self._inner.transaction(commands)

    def take(self) -> list[tuple[str, ...]]:
        """What was recorded since the last time."""
        taken, self.commands = self.commands, []
        return taken

    def _keep(self, command: Command) -> None:
        self.commands.append((str(command[0]).lower(), *(str(argument) for argument in command[1:])))
