"""The operator: migrates as a guide says, tries again when told of failures, and may roll back."""

from harness.simulation.chance import Chance
from harness.simulation.people.actor import Actor
from harness.simulation.record import Call
from harness.simulation.scenario import COLOS

_MOST_STEPS = 400
_STALE_SECONDS = 61.0
_DRAIN_SECONDS = 120.0


class Operator(Actor):
    """One of those who migrate. Only the first of them deploys."""

    async def play(self) -> None:
        scenario = self.world.scenario
        await self.pause(1, scenario.within)
        if scenario.strategy == "zero-downtime":
            await self._deploy("dual")
            await self.pause(_DRAIN_SECONDS, _DRAIN_SECONDS)
        elif scenario.strategy == "new-first":
            await self._deploy("new")
            await self.pause(0, 60)
        await self.ask("status", "GET", "/api/migrate/status")
        halfway = scenario.rollback == "halfway"
        await (self._run_safe(halfway) if scenario.migration == "safe" else self._run_documented(halfway))
        await self.ask("status again", "GET", "/api/migrate/status")
        if scenario.rollback in ("after", "halfway"):
            await self._roll_back()
            return
        await self._finish()
        if scenario.rollback == "late":
            await self.pause(60, 300)
            if scenario.migration == "safe":
                await self._deploy("dual")
                await self.pause(_DRAIN_SECONDS, _DRAIN_SECONDS)
            await self._roll_back()

    async def go_on(self, run: Call) -> None:
        """What is left to do after a first run."""
        if self.world.scenario.migration == "safe":
            await self._run_safe(halfway=False)
        elif run.status != 200 or run.member("success") is not True:
            await self._run_documented(halfway=False)
        await self._finish()

    async def _finish(self) -> None:
        """Deploy the new code, and see whether anything is left to migrate."""
        scenario = self.world.scenario
        if scenario.strategy == "guide":
            await self.pause(0, 60)
        elif scenario.strategy == "zero-downtime":
            await self.pause(_STALE_SECONDS, _DRAIN_SECONDS)
        if scenario.strategy != "new-first":
            await self._deploy("new")
        await self.ask("queue", "GET", "/api/queue")
        for _ in range(scenario.again):
            await self.pause(1, scenario.retry)
            status = await self.ask("status later", "GET", "/api/migrate/status")
            if status.member("needsMigration") is True:
                await self._run()

    async def _deploy(self, queue_format: str) -> None:
        if self.name == "operator-1":
            self.world.deploy(queue_format)

    async def _run_documented(self, halfway: bool) -> None:
        for _ in range(1 if halfway else self.world.scenario.runs):
            run = await self._run()
            if run.status == 200 and run.member("success") is True:
                return
            await self.pause(1, self.world.scenario.retry)

    async def _run_safe(self, halfway: bool) -> None:
        for step in range(_MOST_STEPS):
            run = await self._run()
            if run.member("done") is True or (halfway and step >= self.chance.below(6)):
                return
            await self._wait_for(run)

    async def _run(self) -> Call:
        return await self.ask("run", "POST", "/api/migrate/run")

    async def _wait_for(self, call: Call) -> None:
        seconds = call.member("retryAfter")
        await self.pause(1, 5)
        if isinstance(seconds, int | float) and seconds > 1:
            await self.pause(seconds, seconds)

    async def _roll_back(self) -> None:
        """Whoever does it may be somewhere else than the one who migrated."""
        scenario = self.world.scenario
        await self.pause(0, 90)
        self.colo = COLOS[Chance(scenario.seed, f"{self.name}/roll back").below(scenario.colos)]
        await self._ask_back()
        await self._deploy("old")

    async def _ask_back(self) -> None:
        if self.world.scenario.migration == "documented":
            await self.ask("roll back", "POST", "/api/migrate/rollback")
            return
        for _ in range(_MOST_STEPS):
            call = await self.ask("roll back", "POST", "/api/migrate/rollback")
            if call.member("done") is True:
                await self.pause(_STALE_SECONDS, _DRAIN_SECONDS)
                return
            await self._wait_for(call)
