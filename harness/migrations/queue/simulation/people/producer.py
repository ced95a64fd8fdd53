"""A producer: a chat whose messages become tasks. What is not accepted it sends again, as Slack does."""

from harness.migrations.queue.simulation.people.actor import Actor

_TRIES = 3


class Producer(Actor):
    """Sends ``events`` messages, as far apart as the scenario says."""

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
