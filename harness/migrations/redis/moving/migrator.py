"""A keyspace becomes another one by a plan: proved frozen, backed up, journalled, resumable anywhere."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness.migrations.redis.keyspace.capability import capability, refused
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.fingerprint import Fingerprint
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.journal import COMPLETE, PLANNED, ROLLING_BACK, Entries
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.mapping.inventory import Inventory, InventoryReader
from harness.migrations.redis.mapping.plan import COPY, RENAME, Plan
from harness.migrations.redis.moving.checks import check, held
from harness.migrations.redis.moving.move import Move
from harness.migrations.redis.moving.mover import Mover, commands_of
from harness.model.verdict import Verdict
from kvstore.clock import stopwatch
from worker.codeq.servers.server import Command

T = TypeVar("T")


@dataclass(frozen=True)
class DryRun:
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

    async def dry_run(self) -> DryRun:
        """The dry run: only reads. Raises MigrationError for a hook that fails, ServerError."""
        move = self._move
        able = await capability(move.target)
        mode = COPY if move.settings.keep_source or move.elsewhere or able.no_rename else RENAME
        found = await InventoryReader(move.declaration, move.source, move.target, move.clock).run(mode)
        refusals = [*able.obstacles, *found.reasons(accept=move.settings.accept_defects)]
        if not refusals:
            refusals = await refused(move.target, needed(move, found.plan))
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
        return DryRun(found, tuple(refusals), tuple(notes))

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
            dry_run = await self.dry_run()
            if dry_run.refusals:
                raise Refused(dry_run.refusals)
            if not dry_run.plan.steps:
                return Migrated(dry_run.plan, 0, False, "", ())
            invariants = held(dry_run.inventory.invariants)
            entries = await prepare(self._move, dry_run.plan, dry_run.inventory.before)
        plan = entries.plan
        if entries.phase == COMPLETE:
            return Migrated(plan, 0, resumed, entries.backup, ())
        done = await carry_out(self._move, entries, lambda: check(self._move, plan))
        return Migrated(plan, done.moved.total(), resumed, entries.backup, (*done.found, *invariants))


def needed(move: Move, plan: Plan) -> list[Command]:
    """Every command of the run, from the journal's to the last."""
    return [*move.journal.commands, *commands_of(move, plan)]


async def prepare(move: Move, plan: Plan, before: Fingerprint) -> Entries[Plan]:
    """What the journal is to say, once nothing has changed since ``before`` and the backup is there.

    Raises Refused where something has, MigrationError where the backup cannot be written, ServerError.
    """
    backup, seconds = move.settings.backup, move.settings.freeze_seconds
    await prove_frozen(move.source, move.declaration.source, before, move.clock, seconds, backup)
    if backup is not None:
        move.on_progress(f"backup written to {backup}")
    # As a whole path: whoever rolls back may stand elsewhere.
    saved = str(backup.absolute()) if backup else ""
    others = len(await keys_under(move.target, move.declaration.target))
    return Entries(plan, PLANNED, move.clock.now_ms(), saved, {}, others=others)


@dataclass(frozen=True)
class Carried(Generic[T]):
    """How many members a run ``moved``, by source, in so many ``seconds``; then ``found`` what ended it."""

    moved: Counter[str]
    seconds: float
    found: T


async def carry_out(move: Move, entries: Entries[Plan], finish: Callable[[], Awaitable[T]]) -> Carried[T]:
    """Does what is left of a plan, then ``finish``.

    Raises Refused where its rollback was begun, and HalfDone.
    """
    if entries.phase == ROLLING_BACK:
        raise Refused([f"a rollback was begun here: finish it first, {move.back} --apply"])
    batches, done, moved = list(entries.plan.batches()), len(entries.done), Counter[str]()
    mover = Mover(move, entries.plan.mode)
    with half_way(lambda: f"half migrated, {done:,} of {len(batches):,} steps are done", move.keep):
        if entries.phase == PLANNED:
            await move.journal.begin(entries)
        start = stopwatch()
        for number, batch in enumerate(batches):
            if number in entries.done:
                continue
            count = await mover.carry_out(batch)
            await move.journal.step_done(number, count.total())
            moved, done = moved + count, done + 1
            move.on_progress(f"{done:,}/{len(batches):,} {move.declaration.rules[batch[0].rule]}")
        seconds = stopwatch() - start
        found = await finish()
        await move.journal.enter(COMPLETE)
    return Carried(moved, seconds, found)
