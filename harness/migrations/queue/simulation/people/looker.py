"""Somebody who looks at tasks, one after another: each look leaves what was seen in a location's cache."""

from urllib.parse import quote

from harness.migrations.queue.simulation.people.actor import Actor


class Looker(Actor):
    """Looks at every task that there was in the beginning, ``rounds`` times."""

    async def play(self, rounds: int) -> None:
        known = [*self.world.start.tasks]
        for _ in range(rounds):
            await self.pause(0, 60)
            for task in known:
                await self.ask("look", "GET", f"/api/queue/{quote(task, safe='')}")
