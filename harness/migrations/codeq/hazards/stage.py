"""A small keyspace on a server of its own, with both services, for one hazard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.checklist import check, inspect
from harness.migrations.codeq.legacy_state import LegacyState
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import OURS, Settings
from harness.migrations.codeq.services.local import Services
from harness.migrations.codeq.services.seed import WORKERS, Shape, seed
from harness.migrations.redis.keyspace.snapshot import read_snapshot, restore
from harness.migrations.redis.rehearsal import emptied, simulated
from harness.model.verdict import Verdict
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from worker.codeq import CodeqKeys, Server

COMMAND = "GENERATE_MASTER"
PENDING = f"{legacy.QUEUE}{COMMAND.lower()}:{legacy.PENDING}"
INPROG = f"{legacy.QUEUE}{COMMAND.lower()}:{legacy.INPROG}"
_DONE = {"status": "COMPLETED", "result": {"ok": True}}


class Stage:
    """Sixty tasks in the old keyspace; ``call`` spoils what is there, ``migrate`` makes codeQ's of it."""

    def __init__(self, server: Server, now: int) -> None:
        self.server = server
        self.clock = simulated(ManualClock(now))
        self.services = Services(server, self.clock, SeededEntropy(1))
        self.services.claim_script.loaded = True  # what its absence does is not a hazard of the guide
        self.keys = CodeqKeys()
        self.settings = Settings(freeze_seconds=0, accept_defects=True)

    @classmethod
    @asynccontextmanager
    async def on(cls, server: Server, now: int) -> "AsyncIterator[Stage]":
        """One on ``server``, which holds nothing of it before and afterwards."""
        stage = cls(server, now)
        async with emptied(server, OURS), stage.services:
            await restore(server, seed(Shape(60), stage.clock, SeededEntropy(1)).pieces())
            yield stage

    async def call(self, *command: Any) -> Any:
        return await self.server.call(*command)

    async def first(self, key: str) -> str:
        """The oldest id in a list: the next to be taken."""
        found: str = (await self.call("LRANGE", key, -1, -1))[0]
        return found

    async def said(self, hazard: str) -> str:
        """What the pre-flight says of a hazard; an empty text if nothing."""
        dry_run = await Migrator(self.server, self.clock, Settings(workers=frozenset(WORKERS))).dry_run()
        found = [("refuses", text) for text in dry_run.refusals] + [("notes", text) for text in dry_run.notes]
        return next(
            (f"migrate {verb}" for verb, text in found if f"({hazard.removeprefix('codeq/')})" in text), ""
        )

    async def migrate(self) -> None:
        await Migrator(self.server, self.clock, self.settings).apply()

    async def violated(self, before: LegacyState, hazard: str, *workers: str) -> str:
        """Which checks name a hazard as a cause, after a migration of ``before``."""
        migrator = Migrator(self.server, self.clock, self.settings)
        plan = (await migrator.apply()).plan
        seen = await inspect(self.services, migrator, before, plan, workers=frozenset(workers or WORKERS))
        return ", ".join(one.invariant for one in await check(seen) if _names(one, hazard))

    async def migrate_found(self, hazard: str) -> str:
        """Migrates, and names what reported a hazard: the preflight before it, checks after it, or both."""
        said, before = await self.said(hazard), await self.state()
        await self.migrate()
        return either(said, await self.violated(before, hazard))

    async def state(self) -> LegacyState:
        return LegacyState(await read_snapshot(self.server, legacy.PREFIX))

    async def claim(self, worker: str = "hazard") -> httpx.Response:
        token = self.services.worker(worker, (COMMAND,))
        return await self.services.new("/tasks/claim", {"commands": [COMMAND]}, token)

    async def finish(self, task_id: str, worker: str = "hazard") -> httpx.Response:
        return await self.services.new(f"/tasks/{task_id}/result", _DONE, self.services.worker(worker))


def either(*texts: str) -> str:
    """What several say, in one sentence."""
    return " and ".join(text for text in texts if text)


def _names(one: Verdict, hazard: str) -> bool:
    return any(hazard in found.hazards for found in one.findings)
