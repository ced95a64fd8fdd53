"""Option B: the legacy keyspace becomes codeQ's, in place, journalled, resumable after any command."""

from dataclasses import dataclass, replace
from typing import Any

from harness.migrations.codeq.option_b.claim_script import is_missing
from harness.migrations.codeq.option_b.plan import (
    BY_DEFAULT,
    Part,
    Settings,
    declared,
    is_split,
    journal_on,
    parts,
)
from harness.migrations.codeq.option_b.preflight import Preflight, preflight
from harness.migrations.redis.keyspace.capability import capability, refused
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.journal import COMPLETE
from harness.migrations.redis.keyspace.pieces import scan
from harness.migrations.redis.mapping.plan import Plan
from harness.migrations.redis.moving.migrator import carry_out, needed, prepare
from harness.migrations.redis.moving.move import Move, OnProgress, silent
from kvstore.clock import Clock
from worker.codeq import CodeqKeys, Server
from worker.codeq.servers.server import Command, checked

BACK = "rehearse codeq rollback"
STOPPED = "keep codeQ and the old service stopped"  # what must be while it is half done


@dataclass(frozen=True)
class Migrated:
    """What a run did. ``changed`` has the members that each step moved in this run, in ``seconds``.

    ``claims_fail``: codeQ's claims answer 500 on this server, for want of its script.
    """

    plan: Plan
    changed: tuple[tuple[Part, int], ...]
    resumed: bool
    extended: int
    backup: str
    claims_fail: bool
    seconds: float = 0

    @property
    def changes(self) -> int:
        return sum(count for _, count in self.changed) + self.extended

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.plan.mode,
            "steps": [{"step": str(part), "changed": count} for part, count in self.changed],
            "resumed": self.resumed,
            "leasesExtended": self.extended,
            "changes": self.changes,
            "backup": self.backup,
            "claimsFail": self.claims_fail,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Migrator:
    """Migrates the keyspace on ``server``. ``on_progress`` gets a sentence for each step."""

    server: Server
    clock: Clock
    settings: Settings = BY_DEFAULT
    on_progress: OnProgress = silent

    async def dry_run(self) -> Preflight:
        """The dry run: only reads. Raises ServerError."""
        dry_run = await preflight(self.server, self.clock, self.settings)
        if dry_run.refusals:
            return dry_run
        return replace(dry_run, refusals=tuple(await refused(self.server, self._needed(dry_run.plan))))

    def _needed(self, plan: Plan) -> list[Command]:
        """Every command of the run, from the journal's to the last."""
        found = needed(self._move(plan), plan)
        lease = CodeqKeys().lease("understudy-probe")
        if self.settings.lease_seconds:
            found += [("PTTL", lease), ("PEXPIRE", lease, 1)]
        if self.settings.claim_script:
            found.append(("SCRIPT LOAD", self.settings.claim_script))
        return found

    def _move(self, plan: Plan) -> Move:
        guide = declared(split=is_split(plan))
        server, settings = self.server, self.settings
        return Move(guide, server, server, self.clock, settings, self.on_progress, BACK, STOPPED)

    async def apply(self) -> Migrated:
        """Does it, or what is left of it; a complete migration is not touched again.

        Raises Refused before anything is changed, ServerError before it has begun, and HalfDone later.
        """
        entries = await journal_on(self.server).read()
        resumed = entries is not None
        if entries is None:
            dry_run = await self.dry_run()
            if dry_run.refusals:
                raise Refused(dry_run.refusals)
            entries = await prepare(self._move(dry_run.plan), dry_run.plan, dry_run.found)
        plan, backup = entries.plan, entries.backup
        if entries.phase == COMPLETE:
            return Migrated(plan, (), resumed, 0, backup, await self._load_script())
        done = await carry_out(self._move(plan), entries, self._finish)
        counted = [(part, sum(done.moved[one] for one in part.sources)) for part in parts(plan)]
        changed = tuple(one for one in counted if one[1] or not resumed)
        extended, claims_fail = done.found
        return Migrated(plan, changed, resumed, extended, backup, claims_fail, done.seconds)

    async def _finish(self) -> tuple[int, bool]:
        return await self._extend(), await self._load_script()

    async def _extend(self) -> int:
        """Gives leases the time that the freeze took, as the last change. Never shortens one."""
        wanted = self.settings.lease_seconds * 1000
        if wanted <= 0:
            return 0
        extended = 0
        async for keys in scan(self.server, CodeqKeys().lease("")):
            left = checked(await self.server.pipeline([("PTTL", key) for key in keys]))
            short = [key for key, pttl in zip(keys, left, strict=True) if 0 <= pttl < wanted]
            checked(await self.server.pipeline([("PEXPIRE", key, wanted) for key in short]))
            extended += len(short)
        return extended

    async def _load_script(self) -> bool:
        """Loads codeQ's claim script, if it is at hand; whether codeQ's claims fail for want of it."""
        if self.settings.claim_script:
            await self.server.call("SCRIPT LOAD", self.settings.claim_script)
            return False
        return await is_missing(self.server, await capability(self.server))
