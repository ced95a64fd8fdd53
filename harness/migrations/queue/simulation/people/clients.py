"""Clients in a simulation: a producer, whose messages become tasks, and one that reads tasks."""

from urllib.parse import quote

from harness.migrations.queue.simulation.people.actor import Actor

_TRIES = 3


class Producer(Actor):
    """A chat: sends ``events`` messages as far apart as the scenario says, and again what is not accepted."""

    async def play(self, events: int) -> None:
        await self.begin()
        for number in range(1, events + 1):
            await self.pause(0, self.world.scenario.gap)
            await self._send(number)

    async def _send(self, number: int) -> None:
        stamp = f"{self.name.removeprefix('producer-')}.{number:03}"
        event = {"event": {"text": f"work {stamp}", "user": "U1", "ts": stamp}}
        for _ in range(_TRIES):
            call = await self.ask("send a message", "POST", "/webhook/slack", event)
            if call.outcome == "ok":
                return
            await self.pause(2, 10)


class Viewer(Actor):
    """Reads every task of the beginning, ``rounds`` times: what was seen stays in a location's cache.

    In a safe migration then the queue, and results.
    """

    async def play(self, rounds: int) -> None:
        await self.begin()
        known = [*self.world.start.tasks]
        for _ in range(rounds):
            await self.pause(0, 60)
            for task in known:
                await self.ask("look", "GET", f"/api/queue/{quote(task, safe='')}")
        if self.world.scenario.migration == "documented":
            return
        await self.ask("look at all", "GET", "/api/queue")
        for task in known:
            await self.ask("look for a result", "GET", f"/api/result/{quote(task, safe='')}")
