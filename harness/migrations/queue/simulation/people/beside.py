"""A producer and a daemon that work between the steps of an operator who walks through the guide."""

from urllib.parse import quote

from harness.migrations.queue.simulation.people.actor import Actor
from harness.migrations.queue.simulation.world import World


class Beside:
    """What the two do depends on the operator's strategy; under any other than these they do nothing.

    guide          the daemon holds a task from before the first run until the new Worker is there, and polls
                   after the runs, when a message arrives, too
    zero-downtime  between any two runs a message arrives, and a task is claimed and completed
    """

    def __init__(self, world: World, strategy: str) -> None:
        self._strategy = strategy
        if strategy in ("guide", "zero-downtime"):
            self._daemon = Actor(world, "daemon-1", "AMS")
            self._producer = Actor(world, "producer-1", "AMS")
        self._held: str | None = None

    async def begin(self) -> None:
        if self._strategy == "guide":
            self._held = await self._claim()

    async def work(self) -> None:
        """Between two runs."""
        if self._strategy == "zero-downtime":
            await self._send()
            await self._complete(await self._claim())

    async def go_on(self) -> None:
        """After the last run, before anything else is deployed."""
        if self._strategy == "guide":
            await self._claim()
            await self._send()

    async def end(self) -> None:
        """When the new Worker is there."""
        if self._strategy == "guide":
            await self._complete(self._held)

    async def _send(self) -> None:
        stamp = f"1.{self._producer.sent + 1:03}"
        event = {"event": {"text": f"work {stamp}", "user": "U0", "ts": stamp}}
        await self._producer.ask("send a message", "POST", "/webhook/slack", event)

    async def _claim(self) -> str | None:
        body = {"workerId": self._daemon.name, "leaseDurationSec": 300}
        claimed = await self._daemon.ask("claim", "POST", "/api/queue/claim", body)
        task = claimed.member("taskId")
        return task if isinstance(task, str) else None

    async def _complete(self, task: str | None) -> None:
        if task is not None:
            result = {"success": True, "output": "done in rehearsal"}
            path = f"/api/result/{quote(task, safe='')}"
            await self._daemon.pause(2, 2)
            await self._daemon.ask("post the result", "POST", path, result)
