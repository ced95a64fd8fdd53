"""A keyspace becomes another one by a plan: proved frozen, backed up, journalled, resumable anywhere."""

from dataclasses import dataclass
from typing import Any

from harness.migrations.redis.checks import check, held
from harness.migrations.redis.inventory import Inventory, Look
from harness.migrations.redis.keyspace.capability import capability, refused
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.journal import COMPLETE, MIGRATING, ROLLING_BACK, Entries
from harness.migrations.redis.move import Move
from harness.migrations.redis.moving import Mover, commands_of
from harness.migrations.redis.plan import COPY, RENAME, Plan
from harness.model.verdict import Verdict


@dataclass(frozen=True)
class Looked:
    """The dry run. ``refusals`` empty: it may start."""

    inventory: Inventory
    refusals: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def plan(self) -> Plan:
        return self.inventory.plan


@dataclass(frozen=True)
class Migrated:
    """What a run did: ``moved`` members in this run, and what was found to be true at the end."""

    plan: Plan
    moved: int
    resumed: bool
    backup: str
    verdicts: tuple[Verdict, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.plan.mode,
            "steps": len(self.plan.steps),
            "moved": self.moved,
            "resumed": self.resumed,
            "backup": self.backup,
            "verdicts": [one.as_json() for one in self.verdicts],
        }


class Migrator:
    """Migrates as ``move`` says."""

    def __init__(self, move: Move) -> None:
        self._move = move
        self._journal = move.journal

    async def look(self) -> Looked:
        """The dry run: only reads. Raises MigrationError for a hook that fails, ServerError."""
        move = self._move
        able = await capability(move.target)
        mode = COPY if move.settings.keep_source or move.elsewhere or able.no_rename else RENAME
        found = await Look(move.declaration, move.source, move.target, move.clock).run(mode)
        refusals = [*able.obstacles, *found.reasons(accept=move.settings.accept_defects)]
        if not refusals:
            needed = [*self._journal.commands, *commands_of(move, found.plan)]
            refusals = await refused(move.target, needed)
        notes = []
        if able.no_rename and not move.elsewhere:
            notes.append(
                f"RENAMENX cannot be used ({able.no_rename}): everything is copied, and the source stays"
            )
        if able.evicts:
            notes.append(
                f"when memory is short the target drops keys ({able.evicts}): "
                "CONFIG SET maxmemory-policy noeviction first"
            )
        return Looked(found, tuple(refusals), tuple(notes))

    async def begun(self) -> Entries[Plan] | None:
        """What the journal says. Raises Refused where another plan was begun under this name, ServerError."""
        entries, declaration = await self._journal.read(), self._move.declaration
        if entries is not None and entries.plan.digest != declaration.digest:
            raise Refused(
                [
                    f"a migration {declaration.name!r} was begun here with another plan file: go on "
                    "with that one, or give this one another name"
                ]
            )
        return entries

    async def apply(self) -> Migrated:
        """Does it, or what is left of it; a complete migration is not touched again.

        Raises Refused before anything is changed, ServerError before it has begun, and HalfDone later.
        """
        entries = await self.begun()
        resumed, invariants = entries is not None, []
        if entries is None:
            look = await self.look()
            if look.refusals:
                raise Refused(look.refusals)
            if not look.plan.steps:
                return Migrated(look.plan, 0, False, "", ())
            invariants = held(look.inventory.invariants)
            entries = await self._prepare(look)
        if entries.phase == ROLLING_BACK:
            raise Refused(["a rollback was begun here: finish it first, with --rollback --apply"])
        if entries.phase == COMPLETE:
            return Migrated(entries.plan, 0, resumed, entries.backup, ())
        batches = list(entries.plan.batches())
        moved, done = 0, len(entries.done)
        with half_way(lambda: f"half migrated, {done:,} of {len(batches):,} batches are done"):
            if not resumed:
                await self._journal.begin(entries)
            mover = Mover(self._move, entries.plan.mode)
            for number, batch in enumerate(batches):
                if number in entries.done:
                    continue
                count = await mover.carry_out(batch)
                await self._journal.step_done(number, count)
                moved, done = moved + count, done + 1
                rule = self._move.declaration.rules[batch[0].rule]
                self._move.on_progress(f"{done:,}/{len(batches):,} {rule}")
            verdicts = await check(self._move, entries.plan)
            await self._journal.enter(COMPLETE)
        return Migrated(entries.plan, moved, resumed, entries.backup, (*verdicts, *invariants))

    async def _prepare(self, look: Looked) -> Entries[Plan]:
        move, backup = self._move, self._move.settings.backup
        before, seconds = look.inventory.before, move.settings.freeze_seconds
        await prove_frozen(move.source, move.declaration.source, before, move.clock, seconds, backup)
        if backup is not None:
            move.on_progress(f"backup written to {backup}")
        # As a whole path: whoever rolls back may stand elsewhere.
        saved = str(backup.absolute()) if backup else ""
        return Entries(look.plan, MIGRATING, move.clock.now_ms(), saved, {})
