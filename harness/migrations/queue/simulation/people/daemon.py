"""A daemon, as the original's: it polls for a task, works, renews its lease meanwhile, and posts the result.

Like the original's it goes on working when a renewal is refused, posts a result three times at most, and
posts one, a failed one, even after it has given the task back. Where ``given_back`` says so it gives some
tasks back and leaves it at that.
"""

from typing import Any
from urllib.parse import quote

from harness.engine.chance import Chance
from harness.migrations.queue.simulation.people.actor import Actor

_TRIES = 3
_RENEW_AFTER = 45.0
# How many of 1,000 tasks are marked when the work on them begins.
_SAYS_SO = 500


class Daemon(Actor):
    """Makes ``polls`` polls. It holds each task for the time of its lease, unless it breaks down."""

    async def play(self, polls: int) -> None:
        scenario = self.world.scenario
        await self.begin()
        lease = scenario.lease or (60, 120, 300)[self.chance.below(3)]
        for _ in range(polls):
            await self._until_poll(scenario.beat)
            body = {"workerId": self.name, "leaseDurationSec": lease}
            claimed = await self.ask("claim", "POST", "/api/queue/claim", body)
            task = claimed.member("taskId")
            if isinstance(task, str) and claimed.outcome == "ok":
                if self.world.network.befalls("breakdown", claimed.name):
                    await self.pause(60, 240)
                else:
                    await self._work(task, lease)

    async def _until_poll(self, beat: int) -> None:
        """Wait up to a minute, and with a ``beat`` (seconds) until it falls."""
        if not beat:
            await self.pause(0, 60)
            return
        left = 1000 * beat - self.world.clock.now_ms() % (1000 * beat)
        left += 1000 * beat * self.chance.below(max(1, 60 // beat))
        await self.pause(left / 1000, left / 1000)

    async def _work(self, task: str, lease: int) -> None:
        path = quote(task, safe="")
        if self._chance_of(task).happens(_SAYS_SO):
            await self.ask("set status", "POST", f"/api/queue/{path}/status", {"status": "processing"})
        left = float(self.chance.between(1, self.world.scenario.work))
        while left > 0:
            stretch = min(left, _RENEW_AFTER)
            await self.pause(stretch, stretch)
            left -= stretch
            if left > 0:
                renewal = {"workerId": self.name, "extendSec": lease}
                await self.ask("renew", "POST", f"/api/queue/{path}/renew", renewal)
        if self._chance_of(task, "given back").below(10) < self.world.scenario.given_back:
            await self._release(path, "somebody else may do this")
            return
        kind = self.chance.below(10)
        if kind == 0:
            await self._release(path, "cannot do this")
            await self.pause(0, 5)
            await self._post(path, {"success": False, "error": "cannot do this"})
            return
        if kind == 1:
            await self.ask("set status", "POST", f"/api/queue/{path}/status", {"status": "processing"})
        await self._post(path, {"success": True, "output": f"done by {self.name}"})

    def _chance_of(self, *names: str) -> Chance:
        return Chance(self.world.scenario.seed, "/".join((self.name, *names)))

    async def _release(self, path: str, reason: str) -> None:
        body = {"workerId": self.name, "reason": reason}
        await self.ask("release", "POST", f"/api/queue/{path}/release", body)

    async def _post(self, path: str, result: dict[str, Any]) -> None:
        for _ in range(_TRIES):
            call = await self.ask("post the result", "POST", f"/api/result/{path}", result)
            if call.outcome == "ok":
                return
            await self.pause(5, 10)
