"""Somebody who looks at tasks, one after another: each look leaves what was seen in a location's cache."""

from urllib.parse import quote

from harness.migrations.queue.simulation.people.actor import Actor


class Looker(Actor):
    """Looks at every task of the beginning, ``rounds`` times.

    In a safe migration then at the queue, and at results.
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
