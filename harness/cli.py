"""The program ``rehearse``.

Exit codes: 0 every invariant held · 1 something was violated · 2 bad usage · 3 could not start · 130 stopped
by Ctrl-C.
"""

import argparse
import asyncio
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.codeq.command import run_codeq
from harness.codeq.flags import add_codeq
from harness.conditions import CONDITIONS
from harness.example import example_namespace
from harness.explore.crashes import explore_crashes
from harness.explore.report import CrashSearch
from harness.explore.report import as_json as search_json
from harness.explore.report import as_text as search_text
from harness.migrations.queue import MIGRATIONS, STRATEGIES
from harness.platform import clock_of
from harness.progress import Progress
from harness.rehearse import rehearse_queue
from harness.report import Rehearsal, as_json, as_text
from harness.source import Source, open_source
from kvstore import Clock, SourceError, StoreError, SystemClock, write_bulk
from kvstore.clock import stopwatch
from kvstore.faults import KINDS, Fault, Kind, read_fault
from worker.codeq import CodeqError
from worker.config import ConfigError
from worker.runtime import ServeError

HELD, VIOLATED, USAGE, NOT_STARTED, INTERRUPTED = 0, 1, 2, 3, 130

_COMMANDS = ("queue", "example")


def parser() -> argparse.ArgumentParser:
    """The command line, whole."""
    top = argparse.ArgumentParser(
        prog="rehearse",
        description="Rehearse a migration on a copy of a namespace, before production sees it.",
        epilog="exit codes: 0 all held, 1 something was violated, 2 bad usage, 3 could not start",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="queue | codeq | example")
    _add_queue(commands)
    add_codeq(commands)
    example = commands.add_parser(
        "example",
        help="write the example namespace as a file for `wrangler kv bulk put`",
        epilog="example: rehearse example queue.json && rehearse queue --from queue.json",
    )
    example.add_argument("file", type=Path, help="the JSON file to write, - for standard output")
    return top


def _add_queue(commands: Any) -> None:
    queue = commands.add_parser(
        "queue",
        help="the queue migration guide: one pending array becomes one key per task (the default)",
        epilog="example: rehearse queue --from ./my-worker --strategy guide --json report.json",
    )
    _add_source(queue)
    _add_walk(queue)
    _add_search(queue)
    queue.add_argument("--port", type=_port, default=0, help="the Worker's port (default: any free one)")
    queue.add_argument(
        "--json", dest="json_file", metavar="FILE", help="also write the report as JSON, - for stdout"
    )
    queue.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")


def _add_source(queue: argparse.ArgumentParser) -> None:
    queue.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="SOURCE",
        help="a Worker's folder with wrangler's local state, a state folder, or a bulk JSON file; "
        "it is only read (default: the example)",
    )
    queue.add_argument("--binding", default="CACHE", help="the KV binding to rehearse on (default: CACHE)")
    queue.add_argument("--namespace-id", metavar="ID", help="the namespace's id, instead of a binding")
    queue.add_argument("--preview", action="store_true", help="take the binding's preview_id")
    queue.add_argument("-e", "--env", metavar="NAME", help="the environment of the configuration")


def _add_walk(queue: argparse.ArgumentParser) -> None:
    queue.add_argument(
        "--strategy",
        choices=STRATEGIES,
        default="steps",
        help="steps: the guide's migration steps, nobody else at work (default); guide: its deployment "
        "strategy, migrate first and deploy after, with the old daemon and a producer still active; "
        "zero-downtime: a Worker for both formats first, then migrate while work goes on",
    )
    queue.add_argument(
        "--migration",
        choices=MIGRATIONS,
        default="documented",
        help="documented: as the guide has it, faults included (default); safe: the one that survives",
    )
    queue.add_argument(
        "--conditions",
        choices=CONDITIONS,
        default="local",
        help="how unfriendly the platform is: local (default), or production, free, hostile with limits, "
        "stale reads and simulated time",
    )
    queue.add_argument(
        "--fault",
        type=_fault,
        metavar="KIND@N",
        help=f"what happens at the N-th KV operation of the run: {', '.join(KINDS)}",
    )
    queue.add_argument(
        "--runs", type=_count, default=1, help="repeat the run until it reports success, at most so often (1)"
    )


def _add_search(queue: argparse.ArgumentParser) -> None:
    queue.add_argument(
        "--explore",
        choices=("crashes",),
        help="search instead of one rehearsal. crashes: a fault at every single KV operation of the run",
    )
    queue.add_argument(
        "--faults",
        type=_kinds,
        default=KINDS,
        metavar="KIND,…",
        help=f"the kinds of fault that --explore tries (default: {','.join(KINDS)})",
    )
    queue.add_argument("--jobs", type=_count, help="processes that share a search (default: all cores)")
    queue.add_argument("--seed", type=int, default=1, help="where simulated chance begins (1)")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a whole number from 0 to 65535")
    return int(text)


def _fault(text: str) -> Fault:
    try:
        return read_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _kinds(text: str) -> tuple[Kind, ...]:
    chosen = tuple(kind for kind in KINDS if kind in text.split(","))
    if not chosen or len(chosen) != len(text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} are no kinds of fault: choose from {','.join(KINDS)}")
    return chosen


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: a whole number from 1")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, _COMMANDS[0])
    options = parser().parse_args(given)
    if options.command == "queue" and (conflict := _conflict(options)):
        parser().error(conflict)
    try:
        return _RUN[options.command](options, given)
    except (SourceError, ConfigError, ServeError, StoreError, CodeqError) as error:
        print(f"rehearse: could not start: {error}", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("rehearse: stopped; nothing but the copy was touched", file=sys.stderr)
        return INTERRUPTED


def _conflict(options: argparse.Namespace) -> str | None:
    """What was asked for and does not go together: nothing is passed over in silence."""
    if options.migration == "safe" and options.runs != 1:
        return "--runs is for the documented migration: the safe one runs until it is done"
    if not options.explore:
        return None
    fixed = {"strategy": "steps", "conditions": "local", "fault": None, "runs": 1}
    given = [f"--{name}" for name, value in fixed.items() if getattr(options, name) != value]
    return f"--explore chooses for itself, and takes no {', '.join(given)}" if given else None


def _write_example(options: argparse.Namespace, given: Sequence[str]) -> int:
    text = write_bulk(example_namespace(SystemClock()).entries)
    _write(str(options.file), text)
    return HELD


def _codeq(options: argparse.Namespace, given: Sequence[str]) -> int:
    try:
        document, text, passed = asyncio.run(run_codeq(options, shlex.join(["rehearse", *given])))
    except KeyboardInterrupt:
        if not options.apply:
            raise
        print("rehearse: stopped on the way; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    return _finish(options, document, text, passed=passed)


def _rehearse(options: argparse.Namespace, given: Sequence[str]) -> int:
    clock = clock_of(CONDITIONS[options.conditions])
    source = open_source(
        options.source,
        clock,
        binding=options.binding,
        namespace_id=options.namespace_id,
        preview=options.preview,
        environment=options.env,
    )
    progress = Progress(sys.stderr, enabled=not options.quiet)
    if options.explore:
        search = _search(source, clock.now_ms(), options, progress)
        return _finish(options, search_json(search), search_text(search), passed=search.passed)
    command = shlex.join(["rehearse", *given])
    rehearsal = asyncio.run(_with_progress(source, clock, options, command, progress))
    return _finish(options, as_json(rehearsal), as_text(rehearsal), passed=rehearsal.passed)


def _finish(options: argparse.Namespace, document: dict[str, Any], text: str, *, passed: bool) -> int:
    if options.json_file is not None:
        _write(options.json_file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    if options.json_file != "-":
        print(text)
    return HELD if passed else VIOLATED


def _search(source: Source, now: int, options: argparse.Namespace, progress: Progress) -> CrashSearch:
    start = stopwatch()
    search = explore_crashes(
        source, now, options.faults, options.jobs, migration=options.migration, tell=progress.searched
    )
    exploration = asyncio.run(search)
    progress.end()
    command = shlex.join(["rehearse", "queue", *_source_arguments(options)])
    return CrashSearch(source, options.migration, options.faults, exploration, stopwatch() - start, command)


def _source_arguments(options: argparse.Namespace) -> list[str]:
    """The arguments that name the same source again."""
    arguments = []
    for flag, value, default in (
        ("--from", options.source, None),
        ("--binding", options.binding, "CACHE"),
        ("--namespace-id", options.namespace_id, None),
        ("--env", options.env, None),
        ("--migration", options.migration, "documented"),
    ):
        if value != default:
            arguments += [flag, str(value)]
    return [*arguments, "--preview"] if options.preview else arguments


async def _with_progress(
    source: Any, clock: Clock, options: argparse.Namespace, command: str, progress: Progress
) -> Rehearsal:
    async with progress.counting(SystemClock()):
        return await rehearse_queue(
            source,
            clock,
            strategy=options.strategy,
            migration=options.migration,
            conditions=CONDITIONS[options.conditions],
            seed=options.seed,
            fault=options.fault,
            runs=options.runs,
            port=options.port,
            command=command,
            tell=progress.tell,
            watch=progress.watch,
        )


def _write(target: str, text: str) -> None:
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}") from error


_RUN = {"queue": _rehearse, "codeq": _codeq, "example": _write_example}
