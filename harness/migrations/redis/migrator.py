"""A keyspace becomes another one by a plan: proved frozen, backed up, journalled, resumable anywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.migrations.redis.checks import check, held
from harness.migrations.redis.declaration import Declaration
from harness.migrations.redis.inventory import OURS, Inventory, Look
from harness.migrations.redis.keyspace.capability import capability, refused
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.journal import COMPLETE, MIGRATING, ROLLING_BACK, Entries, Journal
from harness.migrations.redis.keyspace.pieces import CHUNK
from harness.migrations.redis.moving import Mover, commands_of
from harness.migrations.redis.plan import COPY, RENAME, Plan
from harness.verdict import Verdict
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.servers.server import Command

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Terms:
    """How to migrate. ``freeze_seconds``: how long nothing may change before it starts, 0 for no proof.

    ``backup`` is a file for the backup of the source; None takes none.
    """

    keep_source: bool = False
    accept_defects: bool = False
    freeze_seconds: float = 2
    chunk: int = CHUNK
    backup: Path | None = None


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


def journal_of(declaration: Declaration, target: Server) -> Journal[Plan]:
    return Journal(target, f"{OURS}redis-migration:{declaration.name}", Plan.from_json)


class Migrator:
    """Migrates by ``declaration`` from ``source`` to ``target``, which may be the same server.

    ``tell`` hears how far it is.
    """

    def __init__(
        self,
        declaration: Declaration,
        source: Server,
        target: Server,
        clock: Clock,
        terms: Terms | None = None,
        tell: Tell | None = None,
    ) -> None:
        self._declaration = declaration
        self._source = source
        self._target = target
        self._clock = clock
        self._terms = terms or Terms()
        self._tell = tell or (lambda text: None)
        self._journal = journal_of(declaration, target)

    async def look(self) -> Looked:
        """The dry run: only reads. Raises MigrationError for a hook that fails, ServerError."""
        able = await capability(self._target)
        elsewhere = self._source is not self._target
        mode = COPY if self._terms.keep_source or elsewhere or able.no_rename else RENAME
        found = await Look(self._declaration, self._source, self._target, self._clock).run(mode)
        refusals = [*able.obstacles, *found.reasons(accept=self._terms.accept_defects)]
        if not refusals:
            refusals = await refused(self._target, self._needed(found.plan))
        notes = []
        if able.no_rename and not elsewhere:
            notes.append(
                f"RENAMENX cannot be used ({able.no_rename}): everything is copied, and the source stays"
            )
        if able.evicts:
            notes.append(
                f"when memory is short the target drops keys ({able.evicts}): "
                "CONFIG SET maxmemory-policy noeviction first"
            )
        return Looked(found, tuple(refusals), tuple(notes))

    def _needed(self, plan: Plan) -> list[Command]:
        return [*self._journal.commands, *commands_of(self._declaration, plan)]

    async def begun(self) -> Entries[Plan] | None:
        """What the journal says. Raises Refused where another plan was begun under this name, ServerError."""
        entries = await self._journal.read()
        if entries is not None and entries.plan.digest != self._declaration.digest:
            raise Refused(
                [
                    f"a migration {self._declaration.name!r} was begun here with another plan file: go on "
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
            mover = Mover(
                self._declaration,
                entries.plan.mode,
                self._source,
                self._target,
                self._clock,
                self._terms.chunk,
            )
            for number, batch in enumerate(batches):
                if number in entries.done:
                    continue
                count = await mover.carry_out(batch)
                await self._journal.step_done(number, count)
                moved, done = moved + count, done + 1
                self._tell(f"{done:,}/{len(batches):,} {self._declaration.rules[batch[0].rule]}")
            verdicts = await check(self._declaration, entries.plan, self._source, self._target, self._clock)
            await self._journal.enter(COMPLETE)
        return Migrated(entries.plan, moved, resumed, entries.backup, (*verdicts, *invariants))

    async def _prepare(self, look: Looked) -> Entries[Plan]:
        backup, seconds = self._terms.backup, self._terms.freeze_seconds
        before = look.inventory.before
        await prove_frozen(self._source, self._declaration.source, before, self._clock, seconds, backup)
        if backup is not None:
            self._tell(f"backup written to {backup}")
        # As a whole path: whoever rolls back may stand elsewhere.
        saved = str(backup.absolute()) if backup else ""
        return Entries(look.plan, MIGRATING, self._clock.now_ms(), saved, {})
