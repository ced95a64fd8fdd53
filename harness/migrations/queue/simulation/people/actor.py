"""Somebody in a simulation."""

from collections.abc import Awaitable, Coroutine
from typing import Any

from harness.conditions import COLOS
from harness.engine.chance import Chance
from harness.migrations.queue.simulation.record import Call
from harness.migrations.queue.simulation.world import World


class Actor:
    """``name`` in the location ``colo``, who sends one request at a time.

    What an actor does by chance depends on its name alone, so that it stays the same without the others.
    """

    def __init__(self, world: World, name: str, colo: str | None = None) -> None:
        self.world = world
        self.name = name
        self.chance = Chance(world.scenario.seed, name)
        self.colo = colo or COLOS[self.chance.below(world.scenario.colos)]
        self.sent = 0

    def ask(self, step: str, method: str, path: str, body: Any = None) -> Coroutine[Any, Any, Call]:
        """Send a request, and be given it answered; ``step`` says in words what it is for."""
        self.sent += 1
        world = self.world
        call = Call(
            f"{self.name}.{self.sent}",
            self.name,
            self.colo,
            step,
            method,
            path,
            body,
            world.clock.now_ms(),
            len(world.writes),
            world.deployed[-1][1],
        )
        return world.send(call)

    def pause(self, least: float, most: float) -> Awaitable[None]:
        """Wait some seconds between ``least`` and ``most``."""
        return self.world.clock.pause(self.chance.between(round(1000 * least), round(1000 * most)))
