"""The program ``wrangler-compat``.

Exit codes are wrangler's: 0, or 1 for any error; 130 when stopped by Ctrl-C. 3 is a fault of ours.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kvstore.clock import Clock, SystemClock
from worker.cloudflare.errors import ApiError, CloudflareError
from worker.program import OutputError, run
from wrangler_compat.checks import check_arguments
from wrangler_compat.cli.arguments import Arguments, read_arguments
from wrangler_compat.cli.console import VERSION, Console
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError, UsageError
from wrangler_compat.cli.flags import GLOBAL, Flag
from wrangler_compat.commands import COMMANDS, Command, find_command
from wrangler_compat.help import command_help, group_help, group_of
from wrangler_compat.suggestion import did_you_mean

_NO_FOLDER: Final = (
    "A file or directory could not be found.\n\nMissing file or directory: {}\n\n"
    "This is typically caused by:\n  - The file or directory does not exist\n  - A typo in the file path\n"
    "  - The file was moved or deleted\n\nPlease check the file path and try again."
)


def main(
    arguments: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> int:
    """Run the program; returns its exit code. ``clock`` is what waiting goes by."""
    given = list(arguments) if arguments is not None else [_text(one) for one in sys.argv[1:]]
    variables = os.environ if environ is None else environ
    return run("wrangler-compat", lambda: _guarded(_modern(given), variables, clock or SystemClock()))


def _guarded(given: list[str], environ: Mapping[str, str], clock: Clock) -> int:
    try:
        exit_code = _main(given, environ, clock)
        sys.stdout.flush()
        return exit_code
    except OutputError as error:
        Console(environ).fail(CommandError(f"The output could not be written: {error.reason}"))
        return 1
    except KeyboardInterrupt:
        return 130


def _text(argument: str) -> str:
    """An argument as Node.js has it: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(argument).decode("utf-8", "replace")


def _modern(given: list[str]) -> list[str]:
    """The old spelling ``kv:key list`` as today's ``kv key list``."""
    for place, word in enumerate(given):
        if word.startswith("kv:"):
            return [*given[:place], *word.split(":", 1), *given[place + 1 :]]
        if not word.startswith("-"):
            break
    return given


def _main(given: list[str], environ: Mapping[str, str], clock: Clock) -> int:
    console = Console(environ)
    command, arguments, complaint = _parse(given)
    group = group_of(arguments.words)
    help_text = command_help(command) if command else group_help(group)
    if complaint is None and arguments.switch("version"):
        console.say(VERSION)
        return 0
    alone = command is None and group == tuple(arguments.words) and not arguments.unknown
    if complaint is None and (arguments.switch("help") or alone):
        console.say(help_text.rstrip("\n"))
        return 0
    try:
        if complaint is not None:
            raise complaint
        arguments.words = check_arguments(command, arguments, given)
        assert command is not None
        console.only_data = bool(arguments.switch("json"))
        folder = _folder(arguments)
        environ = _with_files(folder, arguments, environ)
        return command.run(Invocation(arguments, environ, console, clock, folder)) or 0
    except (CommandError, CloudflareError) as error:
        console.fail(error, did_you_mean(error, group, arguments.words) + help_text)
        if isinstance(error, ApiError) and error.unauthenticated:
            from wrangler_compat.cli.whoami import explain_credentials  # the client is slow to import

            explain_credentials(environ, console, clock)
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        console.fail(CommandError(f"Could not use {error.filename}: {error.strerror}"))
        return 1


def _folder(arguments: Arguments) -> Path:
    """The folder that relative paths are seen from. Raises CommandError for one that is not there."""
    folder = Path(arguments.text("cwd") or ".").absolute()
    if not folder.is_dir():
        raise CommandError(_NO_FOLDER.format(folder))
    return folder


def _with_files(folder: Path, arguments: Arguments, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with what the .env files add to it, or those that --env-file names: a token, perhaps.

    Raises CommandError for variables in them that refer to each other without end.
    """
    from worker.config import ConfigError, command_env

    chosen, files = arguments.text("env"), arguments.flags.get("env-file", ())
    try:
        return command_env(folder, environ, chosen, files)
    except ConfigError as error:
        raise CommandError(error.message) from error


def _parse(given: list[str]) -> tuple[Command | None, Arguments, UsageError | None]:
    """The command and its arguments. Which flags take a value depends on the command, so find it first."""
    every: dict[str, Flag] = {flag.name: flag for command in COMMANDS for flag in command.flags}
    every |= {flag.name: flag for flag in GLOBAL}
    try:
        command = find_command(read_arguments(given, list(every.values())).words)
    except UsageError:
        command = find_command([word for word in given if not word.startswith("-")])
    flags = [*GLOBAL, *(command.flags if command else ())]
    try:
        return command, read_arguments(given, flags), None
    except UsageError as error:
        return command, Arguments(), error
