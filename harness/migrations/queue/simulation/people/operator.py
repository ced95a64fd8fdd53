"""The operator: migrates as a guide says, tries again when told of failures, and may roll back."""

from harness import Call
from harness.engine.chance import Chance
from harness.migrations.queue.simulation.expectation import (
    DELETE,
    DRY_DELETE,
    DRY_RUN,
    ROLLBACK,
    RUN,
    is_day_over,
)
from harness.migrations.queue.simulation.people.actor import Actor
from harness.migrations.queue.simulation.people.beside import Beside
from kvstore.conditions import COLOS

_MOST_STEPS = 400
_STALE_SECONDS = 61.0
_DRAIN_SECONDS = 120.0
# An operator who has not deployed after so long gives up.
_MOST_PATIENCE_SECONDS = 4 * 3600


class Operator(Actor):
    """One of those who migrate. Only the first of them deploys."""

    async def play(self) -> None:
        scenario = self.world.scenario
        beside = Beside(self.world, scenario.strategy if scenario.walk else "")
        await self.pause(1, scenario.within)
        if scenario.strategy == "zero-downtime":
            await self._deploy("dual")
            await self._drained("dual")
        elif scenario.strategy == "new-first":
            await self._deploy("new")
            await self.pause(0, 60)
        await self.ask("status", "GET", "/api/migrate/status")
        await self._ask_aside()
        await beside.begin()
        halfway = scenario.rollback == "halfway"
        done = await self._migrate(halfway, beside)
        await self._over()
        await self.ask("status again", "GET", "/api/migrate/status")
        await beside.go_on()
        if scenario.rollback in ("after", "halfway"):
            await self._go_back()
            return
        if not done and not (scenario.walk and scenario.strategy != "zero-downtime"):
            return
        await self._finish()
        await beside.end()
        if scenario.rollback == "late":
            await self.pause(60, 300)
            if scenario.migration == "safe":
                await self._deploy("dual")
                # The other operator may be the one who is already back.
                await self._drained("dual", "old")
            await self._go_back()

    async def _go_back(self) -> None:
        if "delete" in self.world.scenario.aside and self.name == "operator-1":
            await self._delete()
        else:
            await self._roll_back()

    async def _ask_aside(self) -> None:
        """What a rollback would do: nobody has decided on one."""
        aside = self.world.scenario.aside if self.name == "operator-1" else ()
        if "dry-run" in aside:
            await self.ask("dry run", "POST", DRY_RUN)
        if "dry-delete" in aside:
            await self.pause(2, 5)
            await self.ask("dry run of the deletion", "POST", DRY_DELETE)

    async def _delete(self) -> None:
        """Give up everything that is in the new format: refused at first, as nobody has seen what is lost."""
        await self._others_are_done()
        await self.ask("delete", "POST", DELETE)
        await self.pause(2, 5)
        await self.ask("dry run of the deletion", "POST", DRY_DELETE)
        await self.pause(_STALE_SECONDS, _DRAIN_SECONDS)
        for _ in range(_MOST_STEPS):
            call = await self.ask("delete", "POST", DELETE)
            if call.member("done") is True or call.outcome == "fail":
                break
            await self.pause(1, 5)
        await self._deploy("old")

    async def go_on(self, run: Call) -> None:
        """What is left to do after a first run."""
        nobody = Beside(self.world, "")
        if self.world.scenario.migration == "safe":
            if not await self._run_safe(halfway=False, beside=nobody):
                return
        elif run.status != 200 or run.member("success") is not True:
            await self._run_documented(halfway=False, beside=nobody)
        await self._finish()

    async def _migrate(self, halfway: bool, beside: Beside) -> bool:
        """Whether the new code may be deployed; the documented migration says nothing of that."""
        if self.world.scenario.migration == "safe":
            return await self._run_safe(halfway, beside)
        await self._run_documented(halfway, beside)
        return True

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

    async def _drained(self, *formats: str) -> None:
        """Wait until the first operator has deployed one of ``formats``, and what was deployed before has
        answered its last.
        """
        for _ in range(_MOST_PATIENCE_SECONDS):
            if self.world.deployed[-1][1] in formats:
                break
            await self.pause(1, 1)
        left = self.world.deployed[-1][0] / 1000 + _DRAIN_SECONDS - self.world.clock.now_ms() / 1000
        await self.pause(max(0.0, left), max(0.0, left))

    async def _run_documented(self, halfway: bool, beside: Beside) -> None:
        runs = 1 if halfway else self.world.scenario.runs
        for left in reversed(range(runs)):
            run = await self._run()
            if (run.status == 200 and run.member("success") is True) or self._has_enough(run):
                return
            if left:
                await beside.work()
            await self._over()
            await self.pause(1, self.world.scenario.retry)

    async def _run_safe(self, halfway: bool, beside: Beside) -> bool:
        """Whether it came to its end: nobody turns the old format off before."""
        for step in range(max(_MOST_STEPS, len(self.world.start.entries))):
            if self._is_rolled_back():
                return False
            run = await self._run()
            if run.member("done") is True:
                return True
            if self._has_enough(run):
                return False
            await beside.work()
            if halfway and step >= self.chance.below(6):
                return False
            if not step:
                await self._ask_aside()
            await self._wait_for(run)
        return False

    async def _over(self) -> None:
        """In a walk, wait until an outage is over before the next request."""
        scenario = self.world.scenario
        if scenario.walk and any(fault.kind == "outage" for fault in scenario.faults):
            await self.pause(_STALE_SECONDS, _STALE_SECONDS)

    def _has_enough(self, run: Call) -> bool:
        """Whether a walk ends here, at the end of a day's operations: it does not wait for the next day."""
        return bool(self.world.scenario.walk) and is_day_over(run)

    def _is_rolled_back(self) -> bool:
        """Whether some operator has begun to roll back. They talk: then nobody migrates any more."""
        return any(call.path in (ROLLBACK, DELETE) for call in self.world.calls)

    async def _others_are_done(self) -> None:
        """Wait for the answers to what other operators still run."""
        while any(call.path == RUN and call.answered < 0 for call in self.world.calls):
            await self.pause(1, 1)

    async def _run(self) -> Call:
        return await self.ask("run", "POST", "/api/migrate/run")

    async def _wait_for(self, call: Call) -> None:
        seconds = call.member("retryAfter")
        await self.pause(1, 5)
        if isinstance(seconds, int | float) and seconds > 1:
            await self.pause(seconds, seconds)

    async def _roll_back(self) -> None:
        """A rollback, by an operator who may be in another location than the one who migrated."""
        scenario = self.world.scenario
        await self.pause(0, 90)
        self.colo = COLOS[Chance(scenario.seed, f"{self.name}/roll back").below(scenario.colos)]
        if scenario.migration == "safe":
            await self._others_are_done()
        done = await self._ask_back()
        if done:
            await self._deploy("old")
        if done and scenario.migration == "safe":
            # What both formats accepted in between is still in the new one.
            await self._drained("old")
            await self._ask_back()
            for _ in range(scenario.back_again):
                await self._ask_back()
            await self._ask_aside()
            await self.ask("status after", "GET", "/api/migrate/status")

    async def _ask_back(self) -> bool:
        """Whether it came to its end."""
        if self.world.scenario.migration == "documented":
            await self.ask("roll back", "POST", ROLLBACK)
            return True
        for _ in range(_MOST_STEPS):
            call = await self.ask("roll back", "POST", ROLLBACK)
            if call.member("done") is True:
                await self.pause(_STALE_SECONDS, _DRAIN_SECONDS)
                return True
            await self._wait_for(call)
        return False
