"""Whether the arguments fit the command: wrangler's checks, in its order."""

from collections.abc import Sequence

from kvstore.errors import KVSyntaxError
from kvstore.javascript.json_text import parse, stringify
from wrangler_compat.cli.arguments import Arguments, read_arguments
from wrangler_compat.cli.errors import UsageError
from wrangler_compat.cli.flags import GLOBAL
from wrangler_compat.commands import Command
from wrangler_compat.help import group_of


def check_arguments(command: Command | None, arguments: Arguments, given: Sequence[str]) -> list[str]:
    """The command's own words. ``given`` is the whole command line. --metadata becomes the object it holds.

    Raises UsageError for too few words, a missing flag, what is unknown, and what does not go together.
    """
    _read_metadata(arguments)
    group = command.words if command else group_of(arguments.words)
    words = arguments.words[len(group) :]
    if command is not None and len(words) < command.required:
        raise UsageError(
            f"Not enough non-option arguments: got {len(words)}, need at least {command.required}"
        )
    _check_required(command, arguments)
    _check_choices(command, arguments)
    extra = words[len(command.positionals) :] if command else words
    if command is None or extra or arguments.unknown:
        _refuse_unknown([*_unknown_to_wrangler(command, given), *extra])
    if arguments.switch("remote") is not None and arguments.switch("local") is not None:
        raise UsageError("Arguments remote and local are mutually exclusive")
    _check_single_values(command, arguments)
    return words


def _read_metadata(arguments: Arguments) -> None:
    """Put the object that --metadata holds in place of its text. Raises UsageError for anything else."""
    if "metadata" not in arguments.flags:
        return
    text = ",".join(arguments.repeated.get("metadata", [arguments.flags["metadata"]]))
    try:
        value = parse(text)
    except KVSyntaxError as error:
        raise UsageError(f"--metadata must be valid JSON. Received: {text}") from error
    if not isinstance(value, dict):
        raise UsageError(f"--metadata must be a JSON object. Received: {text}")
    arguments.flags["metadata"] = value


def _check_required(command: Command | None, arguments: Arguments) -> None:
    missing = [
        flag.name
        for flag in (command.flags if command else ())
        if flag.required and flag.name not in arguments.flags
    ]
    if missing:
        raise UsageError(f"Missing required argument{'s' if len(missing) > 1 else ''}: {', '.join(missing)}")


def _check_choices(command: Command | None, arguments: Arguments) -> None:
    lines = ["Invalid values:"]
    for flag in command.flags if command else ():
        given = arguments.flags.get(flag.name)
        for value in given if isinstance(given, list) else [given]:
            if flag.choices and value is not None and value not in flag.choices:
                choices = ", ".join(f'"{choice}"' for choice in flag.choices)
                lines.append(f'  Argument: {flag.name}, Given: "{value}", Choices: {choices}')
    if len(lines) > 1:
        raise UsageError("\n".join(lines))


def _unknown_to_wrangler(command: Command | None, given: Sequence[str]) -> list[str]:
    """The unknown flags; where there are any, those that only we know are among them, as wrangler says it."""
    flags = [*GLOBAL, *(flag for flag in (command.flags if command else ()) if not flag.beyond)]
    return read_arguments(given, flags).unknown


def _refuse_unknown(unknown: list[str]) -> None:
    raise UsageError(f"Unknown argument{'s' if len(unknown) > 1 else ''}: {', '.join(unknown)}")


def _check_single_values(command: Command | None, arguments: Arguments) -> None:
    several = {flag.name for flag in (command.flags if command else ()) if flag.again}
    for name, values in arguments.repeated.items():
        if name in several:
            continue
        raise UsageError(
            f'The argument "--{name}" expects a single value, but received multiple: {stringify(values)}.'
        )
