"""Option B: the legacy keyspace becomes codeQ's, in place, journalled, resumable after any command."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.migrations.codeq.claim_script import is_missing
from harness.migrations.codeq.journal import COMPLETE, MIGRATING, ROLLING_BACK, STOPPED, Entries, Journal
from harness.migrations.codeq.legacy_state import PREFIX
from harness.migrations.codeq.plan import Part, Plan, declared
from harness.migrations.codeq.preflight import Preflight, preflight
from harness.migrations.redis.keyspace.capability import capability, refused
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.pieces import CHUNK, scan
from harness.migrations.redis.move import Move
from harness.migrations.redis.move import Settings as MoveSettings
from harness.migrations.redis.moving import Mover, commands_of
from kvstore.clock import Clock, stopwatch
from worker.codeq import CodeqKeys, Server
from worker.codeq.servers.server import Command, checked

OnProgress = Callable[[str], None]
BACK = "rehearse codeq rollback"


@dataclass(frozen=True)
class Settings:
    """How to migrate. ``freeze_seconds``: how long nothing may change before it starts, 0 for no proof.

    ``lease_seconds``: every lease lasts at least so long at the end, 0 to leave them alone. ``backup`` is a
    file for the logical backup; None takes none. ``split``: pending tasks go to the tier of their priority,
    not all to 0. ``workers`` are the subs that workers' tokens will carry, None if unknown.
    ``claim_script`` is codeQ's own, loaded at the end; empty if it is not at hand. ``every_id``: the look
    names all ids of a class of defects, not only the first.
    """

    keep_source: bool = False
    accept_defects: bool = False
    freeze_seconds: float = 2
    lease_seconds: int = 0
    chunk: int = CHUNK
    backup: Path | None = None
    split: bool = False
    workers: frozenset[str] | None = None
    claim_script: str = ""
    every_id: bool = False


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


class Migrator:
    """Migrates the keyspace on ``server``. ``on_progress`` hears a sentence for each step."""

    def __init__(
        self,
        server: Server,
        clock: Clock,
        settings: Settings | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._server = server
        self._clock = clock
        self._settings = settings or Settings()
        self._on_progress = on_progress or (lambda text: None)
        self._journal = Journal(server)

    async def look(self) -> Preflight:
        """The dry run: only reads. Raises ServerError."""
        settings = self._settings
        look = await preflight(
            self._server,
            self._clock,
            keep_source=settings.keep_source,
            accept_defects=settings.accept_defects,
            split=settings.split,
            workers=settings.workers,
            script_given=bool(settings.claim_script),
            every_id=settings.every_id,
        )
        if look.refusals:
            return look
        return replace(look, refusals=tuple(await refused(self._server, self._needed(look.plan))))

    def _needed(self, plan: Plan) -> list[Command]:
        """Every command of the run, from the journal's to the last."""
        needed = [*self._journal.commands, *commands_of(self._move(plan), plan)]
        lease = CodeqKeys().lease("understudy-probe")
        if self._settings.lease_seconds:
            needed += [("PTTL", lease), ("PEXPIRE", lease, 1)]
        if self._settings.claim_script:
            needed.append(("SCRIPT LOAD", self._settings.claim_script))
        return needed

    def _move(self, plan: Plan) -> Move:
        settings = MoveSettings(chunk=self._settings.chunk)
        guide = declared(split=plan.split)
        return Move(guide, self._server, self._server, self._clock, settings, self._on_progress, BACK)

    async def apply(self) -> Migrated:
        """Does it, or what is left of it; a complete migration is not touched again.

        Raises Refused before anything is changed, ServerError before it has begun, and HalfDone later.
        """
        entries = await self._journal.read()
        resumed = entries is not None
        if entries is None:
            entries = await self._prepare()
        if entries.phase == ROLLING_BACK:
            raise Refused(["a rollback was begun here: finish it first, rehearse codeq rollback --apply"])
        if entries.phase == COMPLETE:
            return Migrated(entries.plan, (), resumed, 0, entries.backup, await self._load_script())
        changed: list[tuple[Part, int]] = []
        done, of = len(entries.done), len(entries.plan.parts)
        with half_way(lambda: f"half migrated, {done + len(changed)} of {of} steps are done", STOPPED):
            if not resumed:
                await self._journal.begin(entries)
            start = stopwatch()
            await self._steps(entries, changed)
            seconds = stopwatch() - start
            extended = await self._extend()
            claims_fail = await self._load_script()
            await self._journal.enter(COMPLETE)
        return Migrated(entries.plan, tuple(changed), resumed, extended, entries.backup, claims_fail, seconds)

    async def _prepare(self) -> Entries:
        look = await self.look()
        if look.refusals:
            raise Refused(look.refusals)
        backup, seconds = self._settings.backup, self._settings.freeze_seconds
        await prove_frozen(self._server, PREFIX, look.found, self._clock, seconds, backup)
        if backup is not None:
            self._on_progress(f"backup written to {backup}")
        # As a whole path: whoever checks or rolls back may stand elsewhere.
        saved = str(backup.absolute()) if backup else ""
        return Entries(look.plan, MIGRATING, self._clock.now_ms(), saved, {})

    async def _steps(self, entries: Entries, changed: list[tuple[Part, int]]) -> None:
        mover, parts = Mover(self._move(entries.plan), entries.plan.mode), entries.plan.parts
        for number, part in enumerate(parts):
            if number in entries.done:
                continue
            count = sum([await mover.carry_out(batch) for batch in part.batches()])
            await self._journal.step_done(number, count)
            changed.append((part, count))
            self._on_progress(f"{number + 1}/{len(parts)} {part}")

    async def _extend(self) -> int:
        """Gives leases the time that the freeze took, as the last change. Never shortens one."""
        wanted = self._settings.lease_seconds * 1000
        if wanted <= 0:
            return 0
        extended = 0
        async for keys in scan(self._server, CodeqKeys().lease("")):
            left = checked(await self._server.pipeline([("PTTL", key) for key in keys]))
            short = [key for key, pttl in zip(keys, left, strict=True) if 0 <= pttl < wanted]
            checked(await self._server.pipeline([("PEXPIRE", key, wanted) for key in short]))
            extended += len(short)
        return extended

    async def _load_script(self) -> bool:
        """Loads codeQ's claim script, if it is at hand; whether codeQ's claims fail for want of it."""
        if self._settings.claim_script:
            await self._server.call("SCRIPT LOAD", self._settings.claim_script)
            return False
        return await is_missing(self._server, await capability(self._server))
