"""The program ``rehearse``.

Exit codes: 0 every invariant held · 1 something was violated · 2 bad usage · 3 could not start · 4 nothing
that could be judged has happened · 130 stopped by Ctrl-C.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness.document import json_text
from harness.engine.loop import Deadlock
from harness.exit_codes import HELD, INTERRUPTED, NOT_STARTED, VIOLATED
from harness.explore.workforce import ClusterError
from harness.lines import command_line, message_of
from harness.migration import MigrationError
from harness.migrations.queue.command import run_queue
from harness.migrations.queue.example import example_namespace
from harness.migrations.queue.explore.tally import SearchError
from harness.migrations.queue.flags import add_queue, conflict
from harness.migrations.queue.preflight import NotTheQueue
from harness.output import TIMEOUT_SECONDS, Output, Plan
from harness.parameters import ParameterError
from harness.processes import ProcessError
from harness.remote import RemoteError
from harness.run_command import run_own, write_skeleton
from harness.run_flags import add_run
from kvstore import SourceError, StoreError, SystemClock, write_bulk
from kvstore.address import without_passwords
from kvstore.printable import printable, printable_lines
from worker.config import ConfigError
from worker.program import OutputError, run
from worker.runtime import ServeError

_COMMANDS = ("queue", "example")
_NOT_STARTED = (
    SourceError,
    ConfigError,
    ServeError,
    StoreError,
    ClusterError,
    SearchError,
    NotTheQueue,
    Deadlock,  # of a Worker that does not answer, where nothing has been searched yet
    MigrationError,
    ParameterError,
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument without obeying what is in it."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(without_passwords(message)))


def parser(command: str = "codeq") -> argparse.ArgumentParser:
    """The command line. ``codeq``, which needs packages of an extra, has flags only if it is ``command``."""
    top = _Parser(
        prog="rehearse",
        description="Rehearse a migration on a copy of a namespace, before production sees it.",
        epilog="exit codes: 0 all held, 1 something was violated, 2 bad usage, 3 could not start, "
        "4 inconclusive",
    )
    commands = top.add_subparsers(
        dest="command", required=True, metavar="run | new | queue | codeq | example"
    )
    add_run(commands)
    add_queue(commands)
    codeq = commands.add_parser(
        "codeq",
        help="the codeQ migration guide: a scheduler's legacy: keyspace becomes codeq:",
        epilog="example: rehearse codeq --server kvrocks27; rehearse codeq migrate --redis redis://… --apply",
    )
    if command == "codeq":
        from harness.migrations.codeq.flags import add_flags

        add_flags(codeq)
    example = commands.add_parser(
        "example",
        help="write the example namespace as a file for `wrangler kv bulk put`",
        epilog="example: rehearse example queue.json && rehearse queue --from queue.json",
    )
    example.add_argument("file", type=Path, help="the JSON file to write, - for standard output")
    return top


# A Deadlock is a Worker that does not answer where nothing has been searched yet.
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program in this process, unsupervised; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return run("rehearse", lambda: _main(given))


def _main(given: list[str]) -> int:
    options = read(given)
    try:
        return perform(options).deliver()
    except KeyboardInterrupt as stopped:
        words = str(stopped) or plan(options).if_stopped
        return Output(INTERRUPTED, error=f"rehearse: stopped: {words}").deliver()


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """What the arguments say, and as ``given`` the arguments. Raises SystemExit once it is said."""
    given = list(arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, _COMMANDS[0])
    top = parser(given[0])
    options = top.parse_args(given)
    if options.command == "queue" and (error := conflict(options)):
        top.error(error)
    options.given = given
    return options


def plan(options: argparse.Namespace) -> Plan:
    """What is known before the work begins."""
    if options.command == "codeq" and options.apply:
        return Plan("on the way; the same command goes on from here")
    if options.command == "codeq" and options.redis:
        return Plan("what it had written so far is on the server that --redis names")
    return Plan("nothing but the copy was touched", getattr(options, "timeout", TIMEOUT_SECONDS))


def perform(options: argparse.Namespace) -> Output:
    """Do what the options say. Raises OutputError when what comes of it cannot be written."""
    _check_target(options)
    try:
        return _RUN[options.command](options)
    except ProcessError as error:
        return Output(error.exit_code, error=printable(f"rehearse: {error}"))
    except _NOT_STARTED as error:
        return _not_started(error)


def _not_started(error: Exception) -> Output:
    """Says why: in a sentence, unless it is about a configuration, an account or a Worker's code."""
    text = without_passwords(f"rehearse: could not start: {error}")
    said = message_of(text) if isinstance(error, ConfigError | RemoteError | ServeError) else printable(text)
    return Output(NOT_STARTED, error=said)


def _example(options: argparse.Namespace) -> Output:
    text = write_bulk(example_namespace(SystemClock()).entries)
    return Output(HELD, files=((str(options.file), text),))


def _codeq(options: argparse.Namespace) -> Output:
    from harness.migrations.codeq.command import run_codeq
    from harness.migrations.codeq.errors import HalfDone, Refused
    from worker.codeq import CodeqError

    try:
        command = command_line(["rehearse", *options.given])
        document, text, exit_code = asyncio.run(run_codeq(options, command))
    except HalfDone as error:
        return Output(VIOLATED, error=printable(without_passwords(f"rehearse: {error}")))
    except Refused as error:
        return Output(NOT_STARTED, error=printable(without_passwords(f"rehearse: {error}")))
    except CodeqError as error:
        return _not_started(error)
    return _output(options, document, text, exit_code)


def _queue(options: argparse.Namespace) -> Output:
    report = run_queue(options, options.given)
    return _output(options, report.document, report.text, report.exit_code)


def _run_own(options: argparse.Namespace) -> Output:
    report = run_own(options)
    return _output(options, report.document, report.text, report.exit_code)


def _new(options: argparse.Namespace) -> Output:
    return Output(HELD, printable_lines(write_skeleton(options)))


def _output(options: argparse.Namespace, document: dict[str, Any], text: str, exit_code: int) -> Output:
    shown = "" if options.json_file == "-" else printable_lines(text)
    files = () if options.json_file is None else ((options.json_file, json_text(document)),)
    return Output(exit_code, shown, files=files)


def _check_target(options: argparse.Namespace) -> None:
    """Raises OutputError when the report or the example cannot be written: before the work, not after."""
    if options.command == "new":
        return
    target = options.file if options.command == "example" else options.json_file
    if target is None or str(target) == "-":
        return
    path = Path(target)
    if path.is_dir():
        raise OutputError(str(target), "it is a folder")
    if not path.parent.is_dir():
        raise OutputError(str(target), f"there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(str(target), "it is read-only")


_RUN = {"run": _run_own, "new": _new, "queue": _queue, "codeq": _codeq, "example": _example}
