"""``--help``, at every level."""

from collections.abc import Iterable, Sequence

from wrangler_compat.commands import COMMANDS, Command
from wrangler_compat.flags import GLOBAL, Flag

_PROGRAM = "wrangler-compat"


def command_help(command: Command) -> str:
    """Help for one command, with an example."""
    own = len(command.positionals)
    words = [
        f"<{name}>" if place < command.required else f"[{name}]"
        for place, name in enumerate(command.positionals)
    ]
    usage = " ".join([_PROGRAM, *command.words, *words]) if own else " ".join([_PROGRAM, *command.words])
    sections = [usage, command.help, _flags("OPTIONS", command.flags), _flags("GLOBAL FLAGS", GLOBAL)]
    return "\n\n".join([*sections, f"EXAMPLE\n  {command.example}"]) + "\n"


def group_help(words: Sequence[str]) -> str:
    """Help for a group of commands, ``()`` for all."""
    inside = [command for command in COMMANDS if command.words[: len(words)] == tuple(words)]
    shown = [(" ".join([_PROGRAM, *command.words]), command.help) for command in inside]
    title = " ".join([_PROGRAM, *words])
    return "\n\n".join([title, "COMMANDS\n" + _columns(shown), _flags("GLOBAL FLAGS", GLOBAL)]) + "\n"


def _flags(title: str, flags: Iterable[Flag]) -> str:
    rows = [
        (f"{f'-{flag.short}, ' if flag.short else '    '}--{flag.name}", f"{flag.help}  [{flag.kind}]")
        for flag in flags
    ]
    return f"{title}\n{_columns(rows)}"


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    width = max((len(first) for first, _ in rows), default=0)
    return "\n".join(f"  {first:<{width}}  {second}" for first, second in rows)
