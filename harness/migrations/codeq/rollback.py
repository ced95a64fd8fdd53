"""Back to the old service, from whatever the migration reached: resumable like the way there.

After a copy, codeQ's keys are dropped. After a rename they are moved back, and what codeQ did meanwhile goes
along as far as the old layout has a place for it. Everything under ``codeq:`` is exported first.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq import reverse
from harness.migrations.codeq.account import Account, account
from harness.migrations.codeq.journal import ROLLING_BACK, STOPPED, Entries, Journal
from harness.migrations.codeq.migrator import OnProgress
from harness.migrations.codeq.plan import COPY
from harness.migrations.redis.keyspace.capability import refused
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.fingerprint import fingerprint
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.pieces import delete_under, keys_under
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.keys import CODEQ
from worker.codeq.servers.server import checked


@dataclass(frozen=True)
class RolledBack:
    """``mode`` is the migration's; None if there was none to roll back. ``export`` is where codeQ's keys are.

    ``plan`` says what would be done, ``refusals`` why it would not start: of a dry run.
    """

    mode: str | None
    account: Account | None = None
    restored: int = 0
    export: str = ""
    plan: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        return self.account.sentences(source_kept=self.mode == COPY) if self.account else []

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "account": self.account.as_json() if self.account else None,
            "restored": self.restored,
            "export": self.export,
            "plan": list(self.plan),
            "refusals": list(self.refusals),
        }


class Rollback:
    """Rolls back the keyspace on ``server``; ``export`` is the file for what was under ``codeq:``.

    ``freeze_seconds``: how long nothing may change under ``codeq:`` before it starts.
    """

    def __init__(
        self,
        server: Server,
        clock: Clock,
        export: Path,
        on_progress: OnProgress | None = None,
        freeze_seconds: float = 2,
    ) -> None:
        self._freeze_seconds = freeze_seconds
        self._server = server
        self._clock = clock
        self._export = export
        self._on_progress = on_progress or (lambda text: None)
        self._journal = Journal(server)

    async def look(self) -> RolledBack:
        """What it would do, and what that would mean. Only reads. Raises ServerError."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None)
        mode, begun = entries.plan.mode, entries.phase == ROLLING_BACK
        keys = len(await keys_under(self._server, CODEQ))
        export = f"{keys:,} keys under {CODEQ} are written to {self._export} first"
        plan = [
            f"what is left of a rollback that was begun; {entries.export} has the rest" if begun else export
        ]
        if mode == COPY:
            plan.append(f"{keys:,} keys under {CODEQ} are dropped, {legacy.PREFIX} stays as it is")
        else:
            plan += await reverse.plan_of(self._server, entries)
            plan.append(f"everything else under {CODEQ} is dropped")
        refusals = () if begun else tuple(await self._reasons(entries))
        return RolledBack(mode, await self._account(entries), plan=tuple(plan), refusals=refusals)

    async def apply(self) -> RolledBack:
        """Does it. Raises Refused before anything is changed, HalfDone later; then it can be called again."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None)
        found = await self._account(entries)
        export = entries.export or str(self._export)
        if entries.phase != ROLLING_BACK:
            if reasons := await self._reasons(entries):
                raise Refused(reasons)
            export = str(self._export.absolute())
            await self._save(export)
            self._on_progress(f"everything under codeq: is in {self._export}")
        restored = 0
        with half_way(lambda: "half rolled back", STOPPED):
            if entries.phase != ROLLING_BACK:
                await reverse.settle(self._server, self._journal, entries)
                await self._journal.enter(ROLLING_BACK)
                entries = await self._journal.read() or entries
            if entries.plan.mode != COPY:
                restored = await reverse.move_back(self._server, entries)
            await delete_under(self._server, CODEQ)
            await self._journal.forget()
        return RolledBack(entries.plan.mode, found, restored, export)

    async def _account(self, entries: Entries) -> Account:
        return await account(self._server, source_kept=entries.plan.mode == COPY)

    async def _reasons(self, entries: Entries) -> list[str]:
        """After a copy the source must be there; after a rename no other record may have come in its place.

        Ids that the old service has queued since are no reason: they stay in its lists.
        """
        parts = enumerate(entries.plan.parts)
        if entries.plan.mode == COPY:
            keys = [part.source for _, part in parts if part.kind != "leases"]
        else:
            keys = [part.source for n, part in parts if part.kind in ("hash", "zset") and n in entries.done]
        there = checked(await self._server.pipeline([("EXISTS", key) for key in keys]))
        gone = [key for key, exists in zip(keys, there, strict=True) if not exists]
        late = [key for key, exists in zip(keys, there, strict=True) if exists]
        if entries.plan.mode == COPY and gone:
            return [f"{gone[0]} is gone, dropping codeq: would leave nothing; backup: {entries.backup}"]
        if entries.plan.mode != COPY and late:
            return [
                f"{late[0]} was written since the migration, and two of one name cannot both come back: "
                "rehearse codeq stragglers --apply moves what can be moved; what it leaves there is for you "
                f"to compare, and to take out of {late[0]} by hand"
            ]
        return await refused(self._server, [*self._journal.commands, *reverse.commands_of(entries.plan.mode)])

    async def _save(self, export: str) -> None:
        """Everything under ``codeq:`` into the export, read twice: codeQ must stand still."""
        before = await fingerprint(self._server, CODEQ)
        note = partial(self._journal.exporting, export)
        await prove_frozen(self._server, CODEQ, before, self._clock, self._freeze_seconds, self._export, note)
