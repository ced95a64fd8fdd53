"""A daemon, as the original's: it polls for a task, works, renews its lease meanwhile, and posts the result.

Like the original's it goes on working when a renewal is refused, and posts a result three times at most.
"""

from urllib.parse import quote

from harness.simulation.mishap import BREAKDOWN
from harness.simulation.people.actor import Actor

_TRIES = 3
_RENEW_AFTER = 45.0


class Daemon(Actor):
    """Makes ``polls`` polls. It holds each task for the time of its lease, unless it breaks down."""

    async def play(self, polls: int) -> None:
        lease = (60, 120, 300)[self.chance.below(3)]
        for _ in range(polls):
            await self.pause(0, 60)
            body = {"workerId": self.name, "leaseDurationSec": lease}
            claimed = await self.ask("claim", "POST", "/api/queue/claim", body)
            task = claimed.member("taskId")
            if isinstance(task, str) and claimed.outcome == "ok":
                if self.world.network.befalls(BREAKDOWN, claimed.name):
                    await self.pause(60, 240)
                else:
                    await self._work(task, lease)

    async def _work(self, task: str, lease: int) -> None:
        path = quote(task, safe="")
        left = float(self.chance.between(1, 90))
        while left > 0:
            stretch = min(left, _RENEW_AFTER)
            await self.pause(stretch, stretch)
            left -= stretch
            if left > 0:
                renewal = {"workerId": self.name, "extendSec": lease}
                await self.ask("renew", "POST", f"/api/queue/{path}/renew", renewal)
        kind = self.chance.below(10)
        if kind == 0:
            body = {"workerId": self.name, "reason": "cannot do this"}
            await self.ask("release", "POST", f"/api/queue/{path}/release", body)
            return
        if kind == 1:
            await self.ask("set status", "POST", f"/api/queue/{path}/status", {"status": "processing"})
        for _ in range(_TRIES):
            result = {"success": True, "output": f"done by {self.name}"}
            call = await self.ask("post the result", "POST", f"/api/result/{path}", result)
            if call.outcome == "ok":
                return
            await self.pause(5, 10)
