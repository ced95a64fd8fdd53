"""Back to the old service, from whatever the migration reached: resumable like the way there.

After a copy, codeQ's keys are dropped. After a rename they are moved back, and what codeQ did meanwhile goes
along as far as the old layout has a place for it. Everything under ``codeq:`` is exported first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.migrations.codeq import reverse
from harness.migrations.codeq.account import Account, account
from harness.migrations.codeq.backup import Backup
from harness.migrations.codeq.errors import Refused
from harness.migrations.codeq.fingerprint import fingerprint
from harness.migrations.codeq.journal import ROLLING_BACK, Entries, Journal
from harness.migrations.codeq.migrator import Tell
from harness.migrations.codeq.pieces import delete_under
from harness.migrations.codeq.plan import COPY
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.keys import CODEQ
from worker.codeq.servers.server import checked


@dataclass(frozen=True)
class RolledBack:
    """``mode`` is the migration's; None if there was none to roll back."""

    mode: str | None
    account: Account | None
    restored: int
    export: str

    @property
    def sentences(self) -> list[str]:
        return self.account.sentences(source_kept=self.mode == COPY) if self.account else []

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "account": self.account.as_json() if self.account else None,
            "restored": self.restored,
            "export": self.export,
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
        tell: Tell | None = None,
        freeze_seconds: float = 2,
    ) -> None:
        self._freeze_seconds = freeze_seconds
        self._server = server
        self._clock = clock
        self._export = export
        self._tell = tell or (lambda text: None)
        self._journal = Journal(server)

    async def look(self) -> RolledBack:
        """What it would mean. Only reads. Raises ServerError."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None, None, 0, "")
        return RolledBack(entries.plan.mode, await self._account(entries), 0, "")

    async def apply(self) -> RolledBack:
        """Does it. Raises Refused before anything is changed, MigrationError and ServerError later."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None, None, 0, "")
        found = await self._account(entries)
        if entries.phase != ROLLING_BACK:
            await self._refuse(entries)
            await self._save()
            self._tell(f"everything under codeq: is in {self._export}")
            await reverse.settle(self._server, self._journal, entries)
            await self._journal.enter(ROLLING_BACK)
            entries = await self._journal.read() or entries
        restored = 0
        if entries.plan.mode != COPY:
            restored = await reverse.move_back(self._server, entries)
        await delete_under(self._server, CODEQ)
        await self._journal.forget()
        return RolledBack(entries.plan.mode, found, restored, str(self._export))

    async def _account(self, entries: Entries) -> Account:
        return await account(self._server, source_kept=entries.plan.mode == COPY)

    async def _refuse(self, entries: Entries) -> None:
        """After a copy the source must be there; after a rename nothing may have come in its place."""
        steps = enumerate(entries.plan.steps)
        if entries.plan.mode == COPY:
            keys = [step.source for _, step in steps if step.kind != "leases"]
        else:
            keys = [step.source for n, step in steps if step.kind != "leases" and n in entries.done]
        there = checked(await self._server.pipeline([("EXISTS", key) for key in keys]))
        if entries.plan.mode == COPY:
            gone = [key for key, exists in zip(keys, there, strict=True) if not exists]
            if gone:
                raise Refused(
                    [f"{gone[0]} is gone, dropping codeq: would leave nothing; backup: {entries.backup}"]
                )
            return
        late = [key for key, exists in zip(keys, there, strict=True) if exists]
        if late:
            raise Refused(
                [f"{late[0]} was written since the migration: move it first, rehearse codeq stragglers"]
            )

    async def _save(self) -> None:
        """Everything under ``codeq:`` into the export, read twice: codeQ must stand still."""
        before = await fingerprint(self._server, CODEQ)
        await self._clock.sleep(self._freeze_seconds)
        with Backup(self._export, CODEQ, self._clock.now_ms()) as file:
            moving = before.changed(await fingerprint(self._server, CODEQ, file.write))
            if moving:
                raise Refused([f"codeQ is not frozen: {moving[0]} changed while we looked; stop its clients"])
            file.keep()
