"""``--help``, at every level."""

from collections.abc import Iterable, Sequence

from wrangler_compat.cli.flags import GLOBAL, Flag
from wrangler_compat.commands import COMMANDS, Command

_PROGRAM = "wrangler-compat"


def command_help(command: Command) -> str:
    """Help for one command, with an example."""
    words = [
        f"<{name}>" if place < command.required else f"[{name}]"
        for place, name in enumerate(command.positionals)
    ]
    usage = " ".join([_PROGRAM, *command.words, *words])
    options = [_flags("OPTIONS", command.flags)] if command.flags else []
    own = {flag.name for flag in command.flags}
    general = _flags("GLOBAL FLAGS", [flag for flag in GLOBAL if flag.name not in own])
    sections = [usage, command.help, *options, general]
    return "\n\n".join([*sections, f"EXAMPLE\n  {command.example}"]) + "\n"


def group_of(words: Sequence[str]) -> tuple[str, ...]:
    """The longest beginning of ``words`` that is a group of commands."""
    for length in range(len(words), 0, -1):
        if any(command.words[:length] == tuple(words[:length]) for command in COMMANDS):
            return tuple(words[:length])
    return ()


def group_help(words: Sequence[str]) -> str:
    """Help for a group of commands, ``()`` for all, with an example."""
    inside = [command for command in COMMANDS if command.words[: len(words)] == tuple(words)]
    shown = [(" ".join([_PROGRAM, *command.words]), command.help) for command in inside]
    title = " ".join([_PROGRAM, *words])
    sections = [title, "COMMANDS\n" + _columns(shown), _flags("GLOBAL FLAGS", GLOBAL)]
    return "\n\n".join([*sections, f"EXAMPLE\n  {inside[0].example}"]) + "\n"


def _flags(title: str, flags: Iterable[Flag]) -> str:
    rows = [
        (f"{f'-{flag.short}, ' if flag.short else '    '}--{flag.name}", f"{flag.help}  [{flag.kind}]")
        for flag in flags
    ]
    return f"{title}\n{_columns(rows)}"


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    width = max((len(first) for first, _ in rows), default=0)
    return "\n".join(f"  {first:<{width}}  {second}" for first, second in rows)
