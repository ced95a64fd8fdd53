"""``rehearse codeq``: reads what the flags name, and does what they ask."""

import argparse
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness.codeq import report
from harness.codeq.backup import read_backup, write_backup
from harness.codeq.conversion import convert_inprog, inprog_kinds
from harness.codeq.crashes import explore
from harness.codeq.errors import Refused
from harness.codeq.journal import Journal
from harness.codeq.legacy_state import PREFIX
from harness.codeq.migrator import Migrator, Terms
from harness.codeq.rehearsal import Wishes, rehearse
from harness.codeq.rollback import Rollback
from harness.codeq.seed import WORKERS, Shape, seed
from harness.codeq.snapshot import Snapshot, read_snapshot
from kvstore.clock import ManualClock, SystemClock, stopwatch
from kvstore.entropy import SeededEntropy
from worker.codeq import Server, open_server

# The report for machines, the one for people, and whether everything held.
Finished = tuple[dict[str, Any], str, bool]
Options = argparse.Namespace


async def run_codeq(options: Options, command: str) -> Finished:
    """Does what ``options`` say; ``command`` is how it was called. Raises CodeqError."""
    if options.verb == "rehearse":
        return await (_explore(options) if options.explore else _rehearse(options, command))
    if options.redis is None:
        raise Refused([f"{options.verb} works on a real server: name it with --redis redis://host:port/0"])
    async with _server(options) as server:
        return await _ON_A_SERVER[options.verb](server, options)


def _tell(options: Options) -> Callable[[str], None]:
    def tell(text: str) -> None:
        if not options.quiet:
            print(f"  {text}", file=sys.stderr, flush=True)

    return tell


@asynccontextmanager
async def _server(options: Options) -> AsyncIterator[Server]:
    server = await open_server(options.redis, options.server)
    try:
        yield server
    finally:
        await server.close()


def _terms(options: Options, *, freeze_seconds: float, backup: Path | None = None) -> Terms:
    return Terms(
        keep_source=options.keep_source,
        accept_defects=options.accept_defects,
        freeze_seconds=freeze_seconds,
        lease_seconds=options.lease_seconds,
        backup=backup,
    )


async def _source(options: Options, clock: ManualClock) -> Snapshot:
    """What ``--from`` names; the clock goes to the time of a backup, so that its tasks are as old as then."""
    if options.source is None:
        return seed(Shape(options.tasks), clock, SeededEntropy(options.seed))
    if "://" not in options.source:
        snapshot = read_backup(Path(options.source))
        if snapshot.taken:
            clock.set(snapshot.taken)
        return snapshot
    server = await open_server(options.source)
    try:
        return await read_snapshot(server, PREFIX)
    finally:
        await server.close()


async def _rehearse(options: Options, command: str) -> Finished:
    start, clock = stopwatch(), ManualClock(SystemClock().now_ms())
    source = await _source(options, clock)
    workers = frozenset(options.workers.split(",")) if options.workers else None
    if workers is None and options.source is None:
        workers = frozenset(WORKERS)
    wishes = Wishes(
        option=options.option,
        terms=_terms(options, freeze_seconds=1, backup=options.backup),
        freeze=options.freeze,
        workers=workers,
        most=options.deliver,
        deadline=options.deadline,
    )
    async with _server(options) as server:
        done = await rehearse(server, source, clock, SeededEntropy(options.seed), wishes, _tell(options))
    seconds = stopwatch() - start
    document = done.as_json() | {"seconds": round(seconds, 3), "replay": command}
    return document, report.rehearsed_text(done, seconds, command), not done.violated


async def _explore(options: Options) -> Finished:
    start, clock = stopwatch(), ManualClock(SystemClock().now_ms())
    source = await _source(options, clock)
    tell = _tell(options)

    def count(done: int, of: int, broken: int) -> None:
        if done % 50 == 0 or done == of:
            tell(f"{done:,} of {of:,} points, {broken:,} end differently")

    found = await explore(
        source, clock, _terms(options, freeze_seconds=0), profile=options.server, tell=count
    )
    return found.as_json(), report.search_text(found, stopwatch() - start), not found.broken


async def _migrate(server: Server, options: Options) -> Finished:
    if options.option == "a":
        raise Refused(["option a moves no keys: drain the old queues and start codeQ; rehearse it first"])
    backup = options.backup or Path("legacy-backup.jsonl")
    terms = _terms(options, freeze_seconds=2, backup=backup)
    migrator = Migrator(server, SystemClock(), terms, _tell(options))
    begun = await Journal(server).read()
    if not options.apply:
        return await _dry_run(migrator, begun is not None)
    if begun is None and backup.exists():
        raise Refused([f"{backup} exists: name another file with --backup"])
    done = await migrator.apply()
    return done.as_json(), report.migrated_text(done), True


async def _dry_run(migrator: Migrator, begun: bool) -> Finished:
    if begun:
        text = "A migration was begun here: --apply goes on with it, and does nothing if it is complete"
        return {"begun": True}, text, True
    look = await migrator.look()
    return look.as_json(), report.look_text(look), not look.refusals


async def _rollback(server: Server, options: Options) -> Finished:
    export = options.backup or Path("codeq-export.jsonl")
    rollback = Rollback(server, SystemClock(), export, _tell(options))
    if not options.apply:
        looked = await rollback.look()
        return looked.as_json(), report.rolled_text(looked, applied=False), True
    if export.exists():
        raise Refused([f"{export} exists: name another file with --backup"])
    rolled = await rollback.apply()
    return rolled.as_json(), report.rolled_text(rolled, applied=True), True


async def _convert(server: Server, options: Options) -> Finished:
    if not options.apply:
        kinds = await inprog_kinds(server)
        lines = [f"{key} is a {kind}" for key, kind in kinds.items()] or [
            "no in-progress keys under codeq:q:"
        ]
        return {"kinds": kinds}, "\n".join(["Dry run, nothing was changed", *lines]), True
    done = await convert_inprog(server)
    lines = [
        f"{one.key}: was a {one.was}, {one.entries:,} entries, {one.distinct:,} distinct" for one in done
    ]
    document = {"converted": [{"key": one.key, "was": one.was, "distinct": one.distinct} for one in done]}
    return document, "\n".join(lines) or "no in-progress keys under codeq:q:", True


async def _backup(server: Server, options: Options) -> Finished:
    path = options.backup or Path("legacy-backup.jsonl")
    if path.exists():
        raise Refused([f"{path} exists: name another file with --backup"])
    snapshot = await read_snapshot(server, PREFIX)
    write_backup(path, snapshot, SystemClock().now_ms())
    return {"keys": len(snapshot.entries)}, f"{len(snapshot.entries):,} legacy: keys are in {path}", True


_ON_A_SERVER = {"migrate": _migrate, "rollback": _rollback, "convert": _convert, "backup": _backup}
