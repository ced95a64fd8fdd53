"""The program ``wrangler-compat``.

Exit codes are wrangler's: 0, or 1 for any error; 130 when stopped by Ctrl-C.
"""

import os
import sys
from collections.abc import Mapping, Sequence

from wrangler_compat.arguments import Arguments, read_arguments
from wrangler_compat.commands import COMMANDS, Command, find_command
from wrangler_compat.console import Console
from wrangler_compat.context import Invocation
from wrangler_compat.errors import CommandError, UsageError
from wrangler_compat.flags import GLOBAL, Flag
from wrangler_compat.help import command_help, group_help
from wrangler_compat.version import VERSION


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run the program; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(os.environ if environ is None else environ)
    try:
        return _main(_modern(given), os.environ if environ is None else environ, console)
    except BrokenPipeError:
        # The reader has gone; what is left in the buffer must not fail a second time at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _modern(given: list[str]) -> list[str]:
    """The old spelling ``kv:key list`` as today's ``kv key list``."""
    for place, word in enumerate(given):
        if word.startswith("kv:"):
            return [*given[:place], *word.split(":", 1), *given[place + 1 :]]
        if not word.startswith("-"):
            break
    return given


def _main(given: list[str], environ: Mapping[str, str], console: Console) -> int:
    command, arguments, complaint = _parse(given)
    help_text = command_help(command) if command else group_help(_group(arguments.words))
    if complaint is None and arguments.switch("version"):
        console.say(VERSION)
        return 0
    if complaint is None and (arguments.switch("help") or (command is None and _is_group(arguments.words))):
        console.say(help_text.rstrip("\n"))
        return 0
    try:
        if complaint is not None:
            raise complaint
        arguments.words = _own_words(command, arguments)
        assert command is not None
        return command.run(Invocation(arguments, environ, console)) or 0
    except CommandError as error:
        console.fail(error, help_text)
        return 1


def _parse(given: list[str]) -> tuple[Command | None, Arguments, UsageError | None]:
    """The command and its arguments. Which flags take a value depends on the command, so find it first."""
    every: dict[str, Flag] = {flag.name: flag for command in COMMANDS for flag in command.flags}
    every |= {flag.name: flag for flag in GLOBAL}
    try:
        command = find_command(read_arguments(given, list(every.values())).words)
    except UsageError:
        command = find_command([word for word in given if not word.startswith("-")])
    flags = [*GLOBAL, *(command.flags if command else every.values())]
    try:
        return command, read_arguments(given, flags), None
    except UsageError as error:
        return command, Arguments(), error


def _group(words: Sequence[str]) -> tuple[str, ...]:
    """The longest beginning of ``words`` that is a group of commands."""
    for length in range(len(words), 0, -1):
        if any(command.words[:length] == tuple(words[:length]) for command in COMMANDS):
            return tuple(words[:length])
    return ()


def _is_group(words: Sequence[str]) -> bool:
    return _group(words) == tuple(words)


def _own_words(command: Command | None, arguments: Arguments) -> list[str]:
    """The command's positionals. Raises UsageError for unknown flags and words, too few, or a conflict."""
    group = command.words if command else _group(arguments.words)
    words = arguments.words[len(group) :]
    extra = words if command is None else words[len(command.positionals) :]
    unknown = [*arguments.unknown, *extra]
    if command is not None and len(words) < command.required:
        raise UsageError(
            f"Not enough non-option arguments: got {len(words)}, need at least {command.required}"
        )
    if unknown:
        raise UsageError(f"Unknown argument{'s' if len(unknown) > 1 else ''}: {', '.join(unknown)}")
    if arguments.switch("remote") and arguments.switch("local"):
        raise UsageError("Arguments remote and local are mutually exclusive")
    return words
