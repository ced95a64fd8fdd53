"""A Worker over a namespace, asked by hand: one request at a time, without limits, in simulated time."""

import asyncio
from collections.abc import Mapping
from typing import Any

from harness import Call
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.migrations.queue.simulation.people.actor import Actor
from harness.migrations.queue.simulation.scenario import Migration, Scenario
from harness.migrations.queue.simulation.world import World
from harness.migrations.queue.state import QueueState
from harness.system.deployment import Code
from kvstore import Entry


class ByHand:
    """The Worker of ``code`` for ``migration``, over ``entries``, from ``began`` (ms) on.

    `deploy` comes first. To be made in a simulated loop: see `in_virtual_time`.
    """

    def __init__(self, code: Code, entries: Mapping[str, Entry], migration: Migration, began: int) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop), "to be made in a simulated loop"
        clock = LoopClock(loop, began)
        code.enter(clock, 1)
        self._entries = entries
        self._world = World(Scenario(conditions="local", migration=migration), entries, clock, code)
        self._hand = Actor(self._world, "operator-1", "AMS")

    async def deploy(self, queue_format: str) -> None:
        """Put the Worker on for a format: ``old``, ``dual`` or ``new``."""
        if not self._world.deployed:
            await self._world.network.fill(self._entries)
        self._world.deploy(queue_format)

    async def request(self, step: str, method: str, path: str, body: Any = None) -> Call:
        """Send a request and wait for the answer. Raises Unanswered."""
        return await self._hand.ask(step, method, path, body)

    async def state(self) -> QueueState:
        """The namespace as it is now, in truth."""
        return QueueState(await self._world.network.store.entries())
