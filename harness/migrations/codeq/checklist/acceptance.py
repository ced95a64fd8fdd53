"""The checklist against a deployed codeQ, after a migration for real and before clients are let in."""

from pathlib import Path

from harness.migrations.codeq.checklist import check, inspect
from harness.migrations.codeq.checklist.deployed import Deployed
from harness.migrations.codeq.legacy_state import LegacyState
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import Settings, journal_on
from harness.migrations.redis.keyspace.backup import read_backup
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from harness.migrations.redis.keyspace.journal import COMPLETE, Entries
from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot, read_snapshot
from harness.migrations.redis.mapping.plan import COPY, Plan
from harness.model.verdict import Verdict
from worker.codeq import Server
from worker.codeq.keys import LEGACY


async def accept(
    server: Server,
    codeq: Deployed,
    *,
    backup: Path | None = None,
    workers: frozenset[str] | None = None,
    extended: bool = False,
) -> list[Verdict]:
    """V1 to V12. ``backup`` is the keyspace as it was before, by default the one that the journal names.

    ``workers`` are the subs of workers' tokens, if known; ``extended``: leases were given more time.
    Reads both keyspaces into memory. Raises Refused for a half migration, a wrong server, a wrong token;
    MigrationError where codeQ cannot be reached.
    """
    entries = await _complete(server)
    await codeq.reach()
    now = codeq.clock.now_ms()
    before = await _before(server, entries, backup)
    seen = await inspect(
        codeq,
        Migrator(server, codeq.clock, Settings(freeze_seconds=0)),
        LegacyState(_aged(before, now)),
        entries.plan,
        extended=extended,
        workers=workers,
        moment=(before.taken or entries.began) // 1000,
    )
    return await check(seen)


async def _complete(server: Server) -> Entries[Plan]:
    entries = await journal_on(server).read()
    if entries is None:
        raise Refused(
            [f"no journal of a migration on {server.name}: another server, or another database number?"]
        )
    if entries.phase != COMPLETE:
        of = len(list(entries.plan.batches()))
        raise Refused(
            [
                f"half migrated ({entries.phase}): {len(entries.done)} of {of} steps are done. Stop "
                "codeQ, which throws away ids that have no record yet (H18), and run "
                "rehearse codeq migrate --apply again"
            ]
        )
    return entries


async def _before(server: Server, entries: Entries[Plan], backup: Path | None) -> Snapshot:
    named = backup or (Path(entries.backup) if entries.backup else None)
    if named is not None and (backup is not None or named.exists()):
        return read_backup(named)
    if entries.plan.mode == COPY:
        return await read_snapshot(server, LEGACY)
    gone = f"{named} is not here" if named else "there is no backup"
    raise MigrationError(f"what was there before is not known, {gone}: name the backup with --from")


def _aged(before: Snapshot, now: int) -> Snapshot:
    """The same with leases as they must be by now."""
    passed = max(now - before.taken, 0) if before.taken else 0
    entries = {
        key: Entry(one.type, one.value, max(one.pttl - passed, 0)) if one.pttl >= 0 else one
        for key, one in before.entries.items()
    }
    return Snapshot(before.prefix, entries, before.taken)
