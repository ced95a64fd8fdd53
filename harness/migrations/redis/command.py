"""``rehearse redis``: reads the plan and what the flags name, and does what they ask."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import Output, Report
from harness.migrations.redis import report
from harness.migrations.redis.back.inverse import Inverse
from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.crashes import resumption
from harness.migrations.redis.flags import on_progress, replay
from harness.migrations.redis.keyspace.backup import demand_free, read_backup
from harness.migrations.redis.keyspace.capability import capability
from harness.migrations.redis.keyspace.errors import Refused, reported
from harness.migrations.redis.keyspace.journal import COMPLETE, ROLLING_BACK, Entries
from harness.migrations.redis.keyspace.passwords import (
    OF_SOURCE,
    PASSWORD,
    Secrets,
    opened,
    with_variables,
)
from harness.migrations.redis.keyspace.pieces import scan
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot
from harness.migrations.redis.mapping.plan import COPY, Plan
from harness.migrations.redis.moving.migrator import Migrator
from harness.migrations.redis.moving.move import Move, Settings
from harness.migrations.redis.planfile.declaration import (
    OURS,
    Declaration,
    DeclarationError,
    as_json,
    read_declaration,
)
from harness.migrations.redis.rehearsal import Rehearsed, carried_out, rehearse
from harness.model.decision import Decision
from harness.terminal.exit_codes import HELD, VIOLATED
from kvstore.clock import Clock, SystemClock, iso, stopwatch
from worker.codeq import PROFILES, Server

# The report for machines, the one for people, and the exit code.
Finished = tuple[dict[str, Any], str, int]


def report_redis(options: argparse.Namespace) -> Report | Output:
    """Do what ``options`` say. Raises CannotStart."""
    return reported(run_redis, options, DeclarationError)


@dataclass(frozen=True)
class Copied:
    """``snapshot`` of the ``source`` that is named; its copy is on a server that behaves as ``profile``."""

    snapshot: Snapshot
    source: str
    profile: str


def run_redis(options: argparse.Namespace, command: str) -> Finished:
    """Does what ``options`` say; ``command`` is how it was called.

    Raises DeclarationError, MigrationError, ServerError.
    """
    command = with_variables(command, _secrets(options))
    declaration = read_declaration(options.plan)
    start = stopwatch()
    done = asyncio.run(_begin(options, declaration, command))
    document, text, code = _on_copy(options, declaration, done, command) if isinstance(done, Copied) else done
    seconds = round(stopwatch() - start, 3)
    return {**document, "plan": as_json(declaration), "seconds": seconds, "replay": command}, text, code


async def _begin(options: argparse.Namespace, declaration: Declaration, command: str) -> "Finished | Copied":
    """What was done with the servers that are named, or what is to be done on a copy."""
    if "://" not in options.source:
        snapshot = read_backup(Path(options.source))
        if snapshot.prefix != declaration.source:
            raise Refused(
                [
                    f"{options.source} has keys under {snapshot.prefix!r}, the plan's source is "
                    f"{declaration.source!r}"
                ]
            )
        return Copied(snapshot, options.source, options.server)
    async with _servers(options) as (source, target):
        return await _with_servers(options, declaration, source, target, command)


async def _with_servers(
    options: argparse.Namespace, declaration: Declaration, source: Server, target: Server, command: str
) -> Finished | Copied:
    move = Move(declaration, source, target, SystemClock(), _settings(options), on_progress(options))
    if options.rollback:
        return await _rollback(options, move)
    if options.apply:
        return await _apply(options, move)
    migrator = Migrator(move)
    begun = await migrator.begun()
    searches = options.explore or options.scenario
    if begun is not None and not searches:
        return await _begun(declaration, begun, source)
    if begun is None:
        dry_run = await migrator.dry_run()
        if dry_run.refusals:
            nothing = Rehearsed(source.name, "", dry_run, None, ())
            return _rehearsed(declaration, nothing, 0, command)
    snapshot = await read_snapshot(source, declaration.source, SystemClock().now_ms())
    cannot = (await capability(target)).no_rename
    return Copied(snapshot, source.name, PROFILES[-1] if cannot else options.server)


@asynccontextmanager
async def _servers(options: argparse.Namespace) -> AsyncIterator[tuple[Server, Server]]:
    async with opened(options.source, *OF_SOURCE) as source:
        if options.to is None:
            yield source, source
            return
        async with opened(options.to, PASSWORD) as target:
            yield source, target


def _secrets(options: argparse.Namespace) -> Secrets:
    return [(options.source, OF_SOURCE), (options.to, [PASSWORD]), (options.on, [PASSWORD])]


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(keep_source=options.keep_source, accept_defects=options.accept_defects)


def _on_copy(options: argparse.Namespace, declaration: Declaration, copied: Copied, command: str) -> Finished:
    """A rehearsal, or a search, on copies."""
    start, settings = stopwatch(), _settings(options)

    def place(clock: Clock) -> AbstractAsyncContextManager[Server]:
        return opened(options.on, PASSWORD, profile=copied.profile, clock=clock)

    said, elsewhere = on_progress(options), options.to is not None
    if elsewhere and options.on is not None:
        raise Refused(["--on is one server, and --to takes two: leave --on out"])
    if options.explore or options.scenario:
        system = resumption(
            declaration, copied.snapshot, place, settings, url=options.on, elsewhere=elsewhere
        )
        again = replay(options, _secrets(options))
        return report.resumed(declaration.name, system, options, again, command)[:3]
    rehearsal = rehearse(
        declaration, copied.snapshot, copied.source, place, settings, said, elsewhere=elsewhere
    )
    return _rehearsed(declaration, carried_out(rehearsal, options.on), stopwatch() - start, command)


def _rehearsed(declaration: Declaration, done: Rehearsed, seconds: float, command: str) -> Finished:
    document = {
        "source": done.source,
        "server": done.server,
        **done.decision.as_json(),
        "mode": done.dry_run.plan.mode,
        "rules": report.rules_as_json(declaration, done.dry_run.plan.steps),
        "inventory": done.dry_run.inventory.as_json(),
        "refusals": list(done.dry_run.refusals),
        "notes": list(done.dry_run.notes),
        "migrated": done.migrated.as_json() if done.migrated else None,
        "verdicts": [one.as_json() for one in done.verdicts],
    }
    text = report.rehearsed_text(declaration, done, seconds, command)
    return document, text, done.decision.exit_code


async def _begun(declaration: Declaration, begun: Entries[Plan], source: Server) -> Finished:
    """A dry run where a migration was begun: how far it is, and what came to the source since."""
    late: list[str] = []
    if begun.phase == COMPLETE:
        known = {step.source for step in begun.plan.steps} if begun.plan.mode == COPY else set()
        async for page in scan(source, declaration.source):
            late += [
                key
                for key in page
                if key not in known
                and not key.startswith(OURS)
                and declaration.rule_for(key.removeprefix(declaration.source))
            ]
        targets = {target for step in begun.plan.steps for target in step.targets}
        late = sorted(set(late) - targets)
    document = {"begun": True, "phase": begun.phase, "late": late}
    return document, report.begun_text(begun.phase, late), VIOLATED if late else HELD


async def _apply(options: argparse.Namespace, move: Move) -> Finished:
    start, declaration = stopwatch(), move.declaration
    backup = options.backup or Path(f"{declaration.name}-{_moment(move.clock)}.jsonl")
    migrator = Migrator(replace(move, settings=replace(move.settings, backup=backup)))
    if await migrator.begun() is None:
        demand_free(backup)
    done = await migrator.apply()
    unmet = [] if done.plan.steps else ["no key of the source matches a rule: nothing was moved"]
    decision = Decision([one.name for one in done.verdicts if not one.held], None, unmet)
    text = report.migrated_text(declaration, done, decision, stopwatch() - start)
    rules = report.rules_as_json(declaration, done.plan.steps)
    return {**done.as_json(), **decision.as_json(), "rules": rules}, text, decision.exit_code


async def _rollback(options: argparse.Namespace, move: Move) -> Finished:
    export = options.backup or Path(f"{move.declaration.name}-export-{_moment(move.clock)}.jsonl")
    move = replace(move, settings=replace(move.settings, backup=export))
    rollback = Rollback(move, await _with_changes(move) if options.keep_changes else None)
    if not options.apply:
        dry_run = await rollback.dry_run()
        text = report.rolled_text(dry_run, applied=False)
        return dry_run.as_json(), text, VIOLATED if dry_run.refusals else HELD
    begun = await move.journal.read()
    if begun is not None and begun.phase != ROLLING_BACK:
        demand_free(export, begun.export)
    rolled = await rollback.apply()
    return rolled.as_json(), report.rolled_text(rolled, applied=True), HELD


async def _with_changes(move: Move) -> Inverse:
    """Raises Refused where what was done at the target cannot go back."""
    begun = await move.journal.read()
    if begun is not None and begun.plan.mode == COPY:
        raise Refused(
            ["the source was copied, and stays as it is: changes of the copy have no way back to it"]
        )
    try:
        return Inverse(move)
    except ValueError as error:
        raise Refused([f"{error}; without --keep-changes the way back is from the backup"]) from error


def _moment(clock: Clock) -> str:
    """``20261130T024500Z``: in a file's name."""
    return iso(clock.now_ms()).partition(".")[0].replace("-", "").replace(":", "").rstrip("Z") + "Z"
