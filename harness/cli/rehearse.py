"""The program ``rehearse``.

Exit codes: 0 every invariant held · 1 something was violated · 2 bad usage · 3 could not start · 4 nothing
that could be judged has happened · 130 stopped by Ctrl-C.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from harness.cli.own import OWN
from harness.terminal.command import Command, installed
from harness.terminal.exit_codes import INTERRUPTED, NOT_STARTED
from harness.terminal.lines import message_of
from harness.terminal.output import Output, Plan, Report, json_text
from harness.terminal.processes import ProcessError
from kvstore.text.address import without_passwords
from kvstore.text.printable import printable, printable_lines
from worker.program import OutputError, installed_version, run


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument without obeying what is in it."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(without_passwords(message)))


def commands() -> dict[str, Command]:
    """Every command by its name: the program's own, and those of the migrations that are installed."""
    return OWN | {name: command for name, command in installed().items() if name not in OWN}


def parser(typed: str | None = None) -> argparse.ArgumentParser:
    """The command line, with the flags of the command that is ``typed``; None for those of all."""
    known = commands()
    top = _Parser(
        prog="rehearse",
        description="Rehearse a migration on a copy of a namespace, before production sees it.",
        epilog="exit codes: 0 all held, 1 something was violated, 2 bad usage, 3 could not start, "
        "4 inconclusive",
    )
    top.add_argument("--version", action="version", version=f"understudy {installed_version()}")
    added = top.add_subparsers(dest="command", required=True, metavar=" | ".join(known))
    for name, command in known.items():
        one = added.add_parser(name, help=command.help, epilog=command.epilog)
        if typed in (None, name):
            command.flags(one)
        one.set_defaults(does=command)
    return top


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
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given[:0] = [name for name, command in commands().items() if command.is_default][:1]
    top = parser(given[0] if given else "")
    if not installed():
        _say_how_to_install(top, given)
    options = top.parse_args(given)
    options.given = given
    if error := options.does.refused(options):
        top.error(error)
    return options


def _say_how_to_install(top: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """For an editable installation that is older than its code; it has the program's own commands still."""
    if not given or (given[0] not in commands() and not given[0].startswith("-")):
        top.error(
            "no migration is installed: this installation is older than its code. Run ./scripts/setup, or "
            "python -m pip install --no-deps --editable ."
        )


def plan(options: argparse.Namespace) -> Plan:
    """What is known before the work begins."""
    known: Plan = options.does.plan(options)
    return known


def perform(options: argparse.Namespace) -> Output:
    """Do what the options say. Raises OutputError when what comes of it cannot be written."""
    for target in (getattr(options, "json_file", None), getattr(options, "html_file", None)):
        _check_target(target)
    try:
        done: Report | Output = options.does.run(options)
    except ProcessError as error:
        return Output(error.exit_code, error=printable(f"rehearse: {error}"))
    except Exception as error:
        said = _not_started(error)
        if said is None:
            raise
        return Output(NOT_STARTED, error=said)
    return done if isinstance(done, Output) else _output(options, done)


def _not_started(error: Exception) -> str | None:
    """The text of an error that means that nothing was begun; None for any other error.

    A sentence, unless it is about a configuration, an account or a Worker's code. What can raise them is not
    imported before: somebody may only have asked for help.
    """
    from harness.engine.loop import Deadlock
    from harness.explore.workforce import ClusterError
    from harness.migration import MigrationError
    from harness.parameters import ParameterError
    from harness.sources.remote import RemoteError
    from harness.terminal.command import CannotStart
    from kvstore import SourceError, StoreError
    from worker.config import ConfigError
    from worker.runtime import ServeError

    several_lines = ConfigError, RemoteError, ServeError
    reasons = (
        *several_lines,
        SourceError,
        StoreError,
        ClusterError,
        CannotStart,
        Deadlock,  # of a Worker that does not answer, where nothing has been searched yet
        MigrationError,
        ParameterError,
    )
    if not isinstance(error, reasons):
        return None
    text = without_passwords(f"rehearse: could not start: {error}")
    return message_of(text) if isinstance(error, several_lines) else printable(text)


def _output(options: argparse.Namespace, report: Report) -> Output:
    shown = "" if options.json_file == "-" else printable_lines(report.text)
    files = () if options.json_file is None else ((options.json_file, json_text(report.document)),)
    return Output(report.exit_code, shown, files=(*files, *report.files))


def _check_target(target: str | None) -> None:
    """Raises OutputError when what is to be written cannot be: before the work, not after."""
    if target is None or str(target) == "-":
        return
    path = Path(target)
    if path.is_dir():
        raise OutputError(str(target), "it is a folder")
    if not path.parent.is_dir():
        raise OutputError(str(target), f"there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(str(target), "it is read-only")
