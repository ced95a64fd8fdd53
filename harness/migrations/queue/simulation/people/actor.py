"""Somebody in a simulation."""

from collections.abc import Coroutine
from typing import Any

from harness import Call, Role, Sender
from harness.migrations.queue.simulation.world import World

_ROLES: dict[str, Role] = {"operator": "operator", "judge": "judge", "looker": "reader"}


class Actor(Sender):
    """Sends the requests of the guide."""

    world: World

    def __init__(self, world: World, name: str, colo: str | None = None) -> None:
        super().__init__(world, name, _ROLES.get(name.partition("-")[0], "client"), colo)

    def ask(self, step: str, method: str, path: str, body: Any = None) -> Coroutine[Any, Any, Call]:
        """Send a request, and be given it answered; ``step`` says in words what it is for."""
        return self.world.send(self.call(method, path, step, body))

    async def begin(self) -> None:
        """Wait until it is time to begin."""
        if self.world.scenario.after:
            await self.world.clock.pause(1000 * self.world.scenario.after)
