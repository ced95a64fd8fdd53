"""Every command: its words, its positionals, its flags, and what carries it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from wrangler_compat import flags
from wrangler_compat.context import Invocation
from wrangler_compat.flags import Flag


@dataclass(frozen=True, slots=True)
class Command:
    """``handler`` is ``module:function``, imported only when the command runs: listing keys stays quick."""

    words: tuple[str, ...]
    help: str
    handler: str
    positionals: tuple[str, ...] = ()
    required: int = 0
    flags: Sequence[Flag] = ()
    example: str = ""

    def run(self, invocation: Invocation) -> int | None:
        """Carry the command out; an int is the exit code."""
        module, _, function = self.handler.partition(":")
        result: int | None = getattr(import_module(module), function)(invocation)
        return result


COMMANDS: Final = (
    Command(
        ("dev",),
        "Serve the Worker of this folder, with its local namespaces",
        "wrangler_compat.dev:serve_worker",
        ("script",),
        flags=flags.DEV,
        example="wrangler-compat dev --port 8787",
    ),
    Command(
        ("kv", "key", "list"),
        "List every key of a namespace, as JSON",
        "wrangler_compat.keys:list_keys",
        flags=(*flags.NAMESPACE, *flags.LIST),
        example='wrangler-compat kv key list --binding=CACHE --prefix="queue:task:"',
    ),
    Command(
        ("kv", "key", "get"),
        "Print the value of a key",
        "wrangler_compat.keys:get_key",
        ("key",),
        1,
        (*flags.NAMESPACE, *flags.GET),
        "wrangler-compat kv key get --binding=CACHE orchestrator:pending",
    ),
    Command(
        ("kv", "key", "put"),
        "Write a value under a key",
        "wrangler_compat.keys:put_key",
        ("key", "value"),
        1,
        (*flags.NAMESPACE, *flags.PUT),
        'wrangler-compat kv key put --binding=CACHE greeting "hello" --ttl=3600',
    ),
    Command(
        ("kv", "key", "delete"),
        "Delete a key",
        "wrangler_compat.keys:delete_key",
        ("key",),
        1,
        flags.NAMESPACE,
        'wrangler-compat kv key delete --binding=CACHE "queue:lease:ID"',
    ),
)


def find_command(words: Sequence[str]) -> Command | None:
    """The command whose words ``words`` begin with."""
    for command in COMMANDS:
        if tuple(words[: len(command.words)]) == command.words:
            return command
    return None
