"""``rehearse codeq``: reads what the flags name, and does what they ask."""

import asyncio
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from harness import Output, Report
from harness.migrations.codeq import report
from harness.migrations.codeq.checklist.acceptance import accept
from harness.migrations.codeq.checklist.deployed import Deployed
from harness.migrations.codeq.flags import settings, workers
from harness.migrations.codeq.hazards import HAZARDS, show
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.operations import OPERATIONS, Options
from harness.migrations.codeq.option_b.crashes import resumption
from harness.migrations.codeq.rehearsal.rehearse import Choices, rehearse
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.codeq.services.tokens import read_tokens
from harness.migrations.redis.crashes import Scenario
from harness.migrations.redis.flags import on_progress, replay
from harness.migrations.redis.keyspace.backup import read_backup
from harness.migrations.redis.keyspace.errors import Finish, Refused, reported
from harness.migrations.redis.keyspace.passwords import (
    OF_SOURCE,
    PASSWORD,
    Secrets,
    opened,
    with_variables,
)
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot
from harness.migrations.redis.rehearsal import carried_out, simulated
from harness.migrations.redis.report import resumed
from harness.model.decision import Decision
from harness.report.page import page
from harness.terminal.exit_codes import HELD, VIOLATED
from kvstore.clock import Clock, ManualClock, SystemClock, stopwatch
from kvstore.entropy import SeededEntropy
from worker.codeq import Server

# The report for machines, the one for people, the exit code, and the document of a page where there is one.
Finished = tuple[dict[str, Any], str, int, dict[str, Any] | None]


def report_codeq(options: Namespace) -> Report | Output:
    """Do what ``options`` say. Raises CannotStart."""
    return reported(run_codeq, options)


def run_codeq(options: Options, command: str) -> Finish:
    """Does what ``options`` say; ``command`` is how it was called. Raises CodeqError."""
    secrets: Secrets = [(options.redis, [PASSWORD]), (options.source, OF_SOURCE)]
    command = with_variables(command, secrets)
    document, text, exit_code, shown = _run(options, replay(options, secrets), command)
    files = () if options.html_file is None or shown is None else ((options.html_file, page(shown)),)
    return document, text, exit_code, files


def _run(options: Options, again: Callable[[Scenario], str], command: str) -> Finished:
    if options.verb == "hazards":
        return carried_out(_hazards(options), options.redis)
    if options.verb == "rehearse" and options.codeq_url is not None:
        return asyncio.run(_accept(options, command))
    if options.verb == "rehearse":
        source, notes = asyncio.run(_source(options))
        if not options.explore and not options.scenario:
            return carried_out(_rehearse(options, source, notes, command), options.redis)
        ways = resumption(
            source, partial(_server, options), settings(options, freeze_seconds=0), options.redis
        )
        return resumed("codeq", ways, options, again, command)
    return asyncio.run(_operate(options))


async def _operate(options: Options) -> Finished:
    if options.redis is None:
        raise Refused([f"{options.verb} works on a real server: name it with --redis redis://host:port/0"])
    async with _server(options) as server:
        document, text, done = await OPERATIONS[options.verb](server, options)
        return document, text, HELD if done else VIOLATED, None


def _server(options: Options, clock: Clock | None = None) -> AbstractAsyncContextManager[Server]:
    return opened(options.redis, PASSWORD, profile=options.server, clock=clock)


async def _source(options: Options) -> tuple[Snapshot, list[str]]:
    """What ``--from`` names, with the moment that it is from, and what is to be said about that."""
    clock = SystemClock()
    if options.source is None:
        return seed(Shape(options.tasks), clock, SeededEntropy(options.seed)), []
    if "://" not in options.source:
        snapshot = read_backup(Path(options.source))
        if snapshot.taken:
            return snapshot, []
        taken = LegacyState(snapshot).newest_ms(until=clock.now_ms())
        note = "the backup does not say when it was taken: judged as of the newest moment that its tasks name"
        return replace(snapshot, taken=taken), [note]
    async with opened(options.source, *OF_SOURCE) as server:
        return await read_snapshot(server, PREFIX, clock.now_ms()), []


async def _rehearse(options: Options, source: Snapshot, notes: list[str], command: str) -> Finished:
    start, clock = stopwatch(), simulated(ManualClock(source.taken))
    choices = Choices(
        option=options.option,
        settings=settings(options, freeze_seconds=1, backup=options.backup),
        freeze=options.freeze,
        most=options.deliver,
        deadline=options.deadline,
    )
    async with _server(options, clock) as server:
        entropy = SeededEntropy(options.seed)
        done = await rehearse(server, source, clock, entropy, choices, on_progress(options))
    done = replace(done, notes=[*notes, *done.notes])
    seconds = stopwatch() - start
    document = done.as_json() | {"seconds": round(seconds, 3), "replay": command}
    shown = report.rehearsed_document(done, seconds, options.given, command)
    return document, report.rehearsed_text(done, seconds, command), done.decision.exit_code, shown


async def _accept(options: Options, command: str) -> Finished:
    """The checklist against a deployed codeQ."""
    if options.redis is None or options.tokens is None:
        raise Refused(["--codeq-url needs --redis, where its data lives, and --tokens, to ask with"])
    start, clock = stopwatch(), SystemClock()
    codeq = Deployed(options.codeq_url, read_tokens(options.tokens), clock)
    try:
        async with _server(options) as server:
            verdicts = await accept(
                server,
                codeq,
                backup=Path(options.source) if options.source else None,
                workers=workers(options),
                extended=options.lease_seconds > 0,
            )
            name = server.name
    finally:
        await codeq.close()
    seconds = stopwatch() - start
    nothing = any(one.is_vacuous for one in verdicts if one.invariant == "V8")  # which looks at every key
    unmet = ["neither the backup nor codeq: holds anything: nothing was migrated"] if nothing else []
    decision = Decision([one.name for one in verdicts if not one.held], None, unmet)
    document = {
        "migration": "codeq",
        "codeq": codeq.url,
        "server": name,
        "held": all(one.held for one in verdicts),
        **decision.as_json(),
        "notTried": codeq.tokens.untried,
        "verdicts": [one.as_json() for one in verdicts],
        "seconds": round(seconds, 3),
    }
    text = report.accepted_text(codeq.url, name, verdicts, codeq.tokens.untried, decision, seconds, command)
    about = [f"The checklist for codeQ at {codeq.url}, whose data is on {name}"]
    shown = report.judged_document(options.given, about, decision, verdicts, seconds, command)
    return document, text, decision.exit_code, shown


async def _hazards(options: Options) -> Finished:
    """Every hazard brought about, one after the other, on a server that holds neither service's keys."""
    async with _server(options, simulated(SystemClock())) as server:
        shown = [await show(hazard, server, SystemClock().now_ms()) for hazard in HAZARDS]
        name = server.name
    decision = Decision([one.hazard for one in shown if not one.held], None)
    document = {"server": name, "hazards": [one.as_json() for one in shown], **decision.as_json()}
    return document, report.hazards_text(name, shown, decision), decision.exit_code, None
