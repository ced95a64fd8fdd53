"""Back to the source, from whatever the migration reached: resumable like the way there.

What the target held is exported first. How it goes back is a way's: `FromBackup` for any plan, `Inverse`
where the target is the migration's alone.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from harness.migrations.redis.back.from_backup import FromBackup
from harness.migrations.redis.keyspace.capability import refused
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.fingerprint import fingerprint
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.journal import FORMAT, ROLLING_BACK, Entries
from harness.migrations.redis.mapping.plan import Plan
from harness.migrations.redis.moving.move import Move
from worker.codeq.servers.server import Command


@dataclass(frozen=True)
class RolledBack:
    """``mode`` is the migration's; None if there was none. ``plan`` says what is, or would be, done.

    ``restored`` is how many members were moved back one by one.
    """

    mode: str | None
    plan: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    export: str = ""
    restored: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "plan": list(self.plan),
            "refusals": list(self.refusals),
            "export": self.export,
            "restored": self.restored,
        }


class Way(Protocol):
    """A way back, by its ``name``. What it does can be cut off after any command, and is done again then."""

    @property
    def name(self) -> str: ...

    def commands(self, mode: str) -> list[Command]:
        """What it will ask of the server."""
        ...

    async def sentences(self, entries: Entries[Plan]) -> list[str]:
        """What it does, for people. Only reads."""
        ...

    async def reasons(self, entries: Entries[Plan]) -> list[str]:
        """Why it may not start, beside what the server refuses. Only reads."""
        ...

    async def settle(self, entries: Entries[Plan]) -> None:
        """Notes in the journal what can only be seen before it begins."""
        ...

    async def go(self, entries: Entries[Plan]) -> int:
        """Does it, or what is left of it; how many members were moved one by one."""
        ...


class Rollback:
    """Takes back what ``move`` says; its ``settings.backup`` is the file for the export."""

    def __init__(self, move: Move, way: Way | None = None) -> None:
        self._move = move
        self._journal = move.journal
        self._way = way or FromBackup(move)

    async def dry_run(self) -> RolledBack:
        """What it would do. Only reads. Raises ServerError."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None)
        begun, export = entries.phase == ROLLING_BACK, self._move.settings.backup
        refusals = tuple(self._otherwise(entries) or ([] if begun else await self._reasons(entries)))
        lines = await self._way.sentences(entries)
        if begun:
            lines.insert(0, f"what is left of a rollback that was begun; {entries.export} has the rest")
        elif export is not None:
            under = self._move.declaration.target or "any name"
            lines.insert(0, f"what is under {under} is written to {export} first")
        return RolledBack(entries.plan.mode, tuple(lines), refusals)

    async def apply(self) -> RolledBack:
        """Does it. Raises Refused before anything is changed, HalfDone later; then it can be called again."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None)
        if reasons := self._otherwise(entries):
            raise Refused(reasons)
        lines, export = await self._way.sentences(entries), entries.export
        if entries.phase != ROLLING_BACK:
            if reasons := await self._reasons(entries):
                raise Refused(reasons)
            export = await self._save()
        with half_way(lambda: "half rolled back", self._move.keep):
            if entries.phase != ROLLING_BACK:
                await self._way.settle(entries)
                await self._journal.go_back(self._way.name)
                entries = await self._journal.read() or entries
            restored = await self._way.go(entries)
            await self._journal.forget()
        return RolledBack(entries.plan.mode, tuple(lines), (), export, restored)

    def _otherwise(self, entries: Entries[Plan]) -> list[str]:
        """Why this version or this way cannot take back what another did, or go on with what it began."""
        if entries.format != FORMAT:
            return ["the migration was made by another version of rehearse: go back with that version"]
        if entries.phase != ROLLING_BACK or entries.way == self._way.name:
            return []
        return [f"the rollback was begun {entries.way}, and not {self._way.name}: go on with the same flags"]

    async def _reasons(self, entries: Entries[Plan]) -> list[str]:
        needed = [*self._journal.commands, *self._way.commands(entries.plan.mode)]
        return await self._way.reasons(entries) or await refused(self._move.target, needed)

    async def _save(self) -> str:
        """What is under the target's prefix into the export, read twice: its services must stand still."""
        file, seconds = self._move.settings.backup, self._move.settings.freeze_seconds
        if file is None:
            return ""
        target, prefix, export = self._move.target, self._move.declaration.target, str(file.absolute())
        before = await fingerprint(target, prefix)
        note = partial(self._journal.exporting, export)
        await prove_frozen(target, prefix, before, self._move.clock, seconds, file, note)
        self._move.on_progress(f"what was under {prefix or 'any name'} is in {file}")
        return export
