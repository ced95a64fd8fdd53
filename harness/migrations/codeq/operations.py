"""What ``rehearse codeq`` does to a real keyspace: each verb a dry run, unless it is told to apply."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.migrations.codeq import report
from harness.migrations.codeq.conversion import convert_inprog, inprog_kinds
from harness.migrations.codeq.flags import settings
from harness.migrations.codeq.legacy_state import PREFIX
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import is_split, journal_on
from harness.migrations.codeq.option_b.rollback import Rollback
from harness.migrations.codeq.option_b.stragglers import Gathering
from harness.migrations.codeq.rehearsal.drain import drain
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.flags import on_progress
from harness.migrations.redis.keyspace.backup import Backup, backup_pieces, demand_free
from harness.migrations.redis.keyspace.errors import Refused, half_way
from harness.migrations.redis.keyspace.fingerprint import fingerprint
from harness.migrations.redis.keyspace.journal import COMPLETE, ROLLING_BACK, Entries
from harness.migrations.redis.keyspace.pieces import Piece, anything_under
from harness.migrations.redis.keyspace.snapshot import restore
from harness.migrations.redis.mapping.plan import COPY, Plan
from harness.terminal.lines import text_of
from kvstore.clock import SystemClock
from kvstore.entropy import SeededEntropy
from kvstore.text.printable import printable
from worker.codeq import Server

# The report for machines, the one for people, and whether it was done, or could be.
Finished = tuple[dict[str, Any], str, bool]
Options = argparse.Namespace


async def _migrate(server: Server, options: Options) -> Finished:
    if options.option == "a":
        return await _drain(server, options)
    backup = options.backup or Path("legacy-backup.jsonl")
    agreed = settings(options, freeze_seconds=2, backup=backup)
    migrator = Migrator(server, SystemClock(), agreed, on_progress(options))
    begun = await journal_on(server).read()
    if begun is not None and (late := _too_late(begun, options)):
        raise Refused(late)
    if not options.apply:
        return await _dry_run(migrator, begun is not None)
    if begun is None:
        demand_free(backup)
    done = await migrator.apply()
    return done.as_json(), report.migrated_text(done), True


def _too_late(begun: Entries[Plan], options: Options) -> list[str]:
    """What is asked for and cannot be had any more, since a migration was begun in another way."""
    asked = {
        "--tiers": options.tiers and not is_split(begun.plan),
        "--keep-source": options.keep_source and begun.plan.mode != COPY,
    }
    way = "go on without it, or take it back with rehearse codeq rollback and begin again"
    found = [f"this migration was begun without {flag}: {way}" for flag, late in asked.items() if late]
    if options.lease_seconds and begun.phase == COMPLETE:
        found.append("--lease-seconds comes too late: the migration is complete, and leases are codeQ's now")
    return found


async def _drain(server: Server, options: Options) -> Finished:
    """Option A moves no keys: it is the operator's freeze and the workers' work. This waits, and says."""
    if not await anything_under(server, PREFIX):
        raise Refused([f"no {PREFIX} keys here: the wrong server, or the wrong database number?"])
    if options.apply:
        raise Refused(
            ["option a moves no keys: it only waits, without --apply, until the old queues are empty"]
        )
    drained = await drain(server, SystemClock(), deadline=options.deadline)
    return drained.as_json(), report.drained_text(drained), drained.empty


async def _stragglers(server: Server, options: Options) -> Finished:
    found = await Gathering(server, on_progress(options)).run(apply=options.apply)
    return found.as_json(), report.stragglers_text(found), found.settled


async def _restore(server: Server, options: Options) -> Finished:
    """Fills a server from a backup, or with the example; only where nothing is."""
    if options.source is not None and "://" in options.source:
        raise Refused(["restore fills a server from a backup file: name it with --from"])
    what = options.source or f"The example with {options.tasks:,} tasks"
    prefixes = {piece.key.partition(":")[0] + ":" for piece in _stored(options)}
    for prefix in sorted(prefixes):
        if await anything_under(server, prefix):
            raise Refused([f"{server.name} has {prefix} keys: nothing is ever written over"])
    if not options.apply:
        line = f"{what} can be read whole; --apply writes it to {server.name}"
        return {"restored": False}, printable(line), True
    again = (
        f"take away what was written, keys that begin with {' or '.join(sorted(prefixes))}, then try again"
    )
    with half_way(lambda: "half restored", keep="nobody may use it yet", again=again):
        await restore(server, _stored(options))
    return {"restored": True}, printable(f"{what} is on {server.name}"), True


def _stored(options: Options) -> Iterator[Piece]:
    if options.source is not None:
        return backup_pieces(Path(options.source))
    return seed(Shape(options.tasks), SystemClock(), SeededEntropy(options.seed)).pieces()


async def _dry_run(migrator: Migrator, begun: bool) -> Finished:
    if begun:
        text = "A migration was begun here: --apply goes on with it, and does nothing if it is complete"
        return {"begun": True}, text, True
    dry_run = await migrator.dry_run()
    return dry_run.as_json(), report.dry_run_text(dry_run), not dry_run.refusals


async def _rollback(server: Server, options: Options) -> Finished:
    export = options.backup or Path("codeq-export.jsonl")
    rollback = Rollback(server, SystemClock(), export, on_progress(options))
    if not options.apply:
        dry_run = await rollback.dry_run()
        return dry_run.as_json(), report.rolled_text(dry_run, applied=False), not dry_run.refusals
    begun = await journal_on(server).read()
    if begun is not None and begun.phase != ROLLING_BACK:
        demand_free(export, begun.export)
    rolled = await rollback.apply()
    return rolled.as_json(), report.rolled_text(rolled, applied=True), True


async def _convert(server: Server, options: Options) -> Finished:
    if not options.apply:
        kinds = await inprog_kinds(server)
        lines = [f"{key} is a {kind}" for key, kind in kinds.items()] or [
            "no in-progress keys under codeq:q:"
        ]
        return {"kinds": kinds}, text_of(["Dry run, nothing was changed", *lines]), True
    done = await convert_inprog(server)
    lines = [one.sentence for one in done]
    document = {"converted": [{"key": one.key, "was": one.was, "distinct": one.distinct} for one in done]}
    return document, text_of(lines) or "no in-progress keys under codeq:q:", True


async def _backup(server: Server, options: Options) -> Finished:
    path = options.backup or Path("legacy-backup.jsonl")
    demand_free(path)
    with Backup(path, PREFIX, SystemClock().now_ms()) as file:
        found = await fingerprint(server, PREFIX, file.write)
        file.keep()
    keys = len(found.structures) + len(found.strings)
    return {"keys": keys}, printable(f"{keys:,} legacy: keys are in {path}"), True


OPERATIONS = {
    "migrate": _migrate,
    "stragglers": _stragglers,
    "rollback": _rollback,
    "convert": _convert,
    "backup": _backup,
    "restore": _restore,
}
