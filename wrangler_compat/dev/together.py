"""Several Workers that are served as one: the first answers, and all can call each other."""

from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

from wrangler_compat.dev.deployment import Deployment


class Together:
    """``parts`` begin in their order. A changed file loads all of them again."""

    def __init__(self, parts: Sequence[Deployment]) -> None:
        self._parts = parts
        self._begun = 0

    @property
    def devtools(self) -> str | None:
        return self._parts[0].devtools

    async def begin(self) -> None:
        for part in self._parts[: self._begun]:
            await part.renew()  # one that comes later could not be loaded, and something has changed since
        for part in self._parts[self._begun :]:
            await part.begin()
            self._begun += 1

    async def renew(self) -> None:
        for part in self._parts:
            await part.renew()

    async def end(self) -> None:
        for part in self._parts:
            await part.end()

    def kill(self) -> None:
        for part in self._parts:
            part.kill()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._parts[0](scope, receive, send)
