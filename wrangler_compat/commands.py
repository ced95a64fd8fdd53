"""Every command: its words, its positionals, its flags, and what carries it out."""

import asyncio
import gc
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from wrangler_compat.cli import flags
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.flags import Flag
from wrangler_compat.d1.flags import EXECUTE, EXPORT, MIGRATIONS
from wrangler_compat.dev.flags import DEV


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
        """Carry the command out; an int is the exit code. A handler may be a coroutine function."""
        module, _, function = self.handler.partition(":")
        handler = getattr(import_module(module), function)
        if not gc.isenabled():
            gc.freeze()  # what has been imported stays, and is searched by no collection
            gc.enable()
        result: Coroutine[Any, Any, int | None] | int | None = handler(invocation)
        return asyncio.run(result) if isinstance(result, Coroutine) else result


COMMANDS: Final = (
    Command(
        ("dev",),
        "Serve the Worker of this folder, with its local namespaces",
        "wrangler_compat.dev.command:serve_worker",
        ("script",),
        flags=DEV,
        example="wrangler-compat dev --port 8787",
    ),
    Command(
        ("kv", "key", "list"),
        "List every key of a namespace, as JSON",
        "wrangler_compat.kv.keys:list_keys",
        flags=(*flags.NAMESPACE, *flags.LIST),
        example='wrangler-compat kv key list --binding=CACHE --prefix="queue:task:"',
    ),
    Command(
        ("kv", "key", "get"),
        "Print the value of a key",
        "wrangler_compat.kv.keys:get_key",
        ("key",),
        1,
        (*flags.NAMESPACE, *flags.GET),
        "wrangler-compat kv key get --binding=CACHE orchestrator:pending",
    ),
    Command(
        ("kv", "key", "put"),
        "Write a value under a key",
        "wrangler_compat.kv.keys:put_key",
        ("key", "value"),
        1,
        (*flags.NAMESPACE, *flags.PUT),
        'wrangler-compat kv key put --binding=CACHE greeting "hello" --ttl=3600',
    ),
    Command(
        ("kv", "key", "delete"),
        "Delete a key",
        "wrangler_compat.kv.keys:delete_key",
        ("key",),
        1,
        (*flags.NAMESPACE, flags.JSON),
        'wrangler-compat kv key delete --binding=CACHE "queue:lease:ID"',
    ),
    Command(
        ("kv", "bulk", "get"),
        "Print the values of many keys, as JSON",
        "wrangler_compat.kv.bulk:get_keys",
        ("filename",),
        1,
        flags.NAMESPACE,
        "wrangler-compat kv bulk get keys.json --binding=CACHE",
    ),
    Command(
        ("kv", "bulk", "put"),
        "Write many entries from a JSON file",
        "wrangler_compat.kv.bulk:put_entries",
        ("filename",),
        1,
        (*flags.NAMESPACE, *flags.BULK_PUT),
        "wrangler-compat kv bulk put entries.json --binding=CACHE",
    ),
    Command(
        ("kv", "bulk", "delete"),
        "Delete many keys, named in a JSON file",
        "wrangler_compat.kv.bulk:delete_keys",
        ("filename",),
        1,
        (*flags.NAMESPACE, *flags.BULK_DELETE),
        "wrangler-compat kv bulk delete keys.json --binding=CACHE --force",
    ),
    Command(
        ("kv", "namespace", "create"),
        "Create a namespace in the account",
        "wrangler_compat.kv.namespaces:create_namespace",
        ("namespace",),
        1,
        flags.NAMESPACE_CREATE,
        "wrangler-compat kv namespace create CACHE",
    ),
    Command(
        ("kv", "namespace", "list"),
        "List the namespaces of the account, as JSON",
        "wrangler_compat.kv.namespaces:list_namespaces",
        example="wrangler-compat kv namespace list",
    ),
    Command(
        ("kv", "namespace", "delete"),
        "Delete a namespace of the account, and all that is in it",
        "wrangler_compat.kv.namespaces:delete_namespace",
        ("namespace",),
        flags=flags.NAMESPACE_DELETE,
        example="wrangler-compat kv namespace delete --binding=CACHE",
    ),
    Command(
        ("kv", "namespace", "rename"),
        "Give a namespace of the account another name",
        "wrangler_compat.kv.namespaces:rename_namespace",
        ("old-name",),
        flags=flags.NAMESPACE_RENAME,
        example="wrangler-compat kv namespace rename old-cache --new-name=cache",
    ),
    Command(
        ("kv", "diff"),
        "Show what differs between two namespaces or bulk files",
        "wrangler_compat.kv.diff:show_difference",
        ("a", "b"),
        2,
        flags.DIFF,
        "wrangler-compat kv diff CACHE remote:CACHE",
    ),
    Command(
        ("kv", "export"),
        "Write a namespace to a file: bulk JSON, JSON lines or SQLite",
        "wrangler_compat.kv.transfer.command:export_namespace",
        ("file",),
        1,
        flags.EXPORT,
        "wrangler-compat kv export cache.jsonl --binding=CACHE --remote",
    ),
    Command(
        ("kv", "import"),
        "Write the entries of a file into a namespace that does not have them",
        "wrangler_compat.kv.transfer.command:import_file",
        ("file",),
        1,
        flags.IMPORT,
        "wrangler-compat kv import cache.jsonl --binding=CACHE --remote --apply",
    ),
    Command(
        ("kv", "copy"),
        "Copy entries between namespaces and files, here and in the account",
        "wrangler_compat.kv.transfer.command:copy_entries",
        ("from", "to"),
        2,
        flags.COPY,
        "wrangler-compat kv copy CACHE remote:CACHE --apply",
    ),
    Command(
        ("kv", "census"),
        "Count what kinds of keys a namespace or file has",
        "wrangler_compat.kv.census:count_kinds",
        ("name",),
        1,
        flags.CENSUS,
        "wrangler-compat kv census remote:CACHE",
    ),
    Command(
        ("kv", "serve"),
        "Serve the local namespaces to a real workerd, and as REST API",
        "wrangler_compat.kv.serve:serve_namespaces",
        flags=flags.SERVE,
        example="wrangler-compat kv serve --port 8788",
    ),
    Command(
        ("d1", "execute"),
        "Carry out SQL on a local database",
        "wrangler_compat.d1.execute:execute_sql",
        ("database",),
        1,
        EXECUTE,
        'wrangler-compat d1 execute DB --command "SELECT * FROM links"',
    ),
    Command(
        ("d1", "migrations", "list"),
        "List the migration files that are not applied to a local database",
        "wrangler_compat.d1.migrations:list_migrations",
        ("database",),
        1,
        MIGRATIONS,
        "wrangler-compat d1 migrations list DB",
    ),
    Command(
        ("d1", "migrations", "apply"),
        "Apply the migration files that are not applied to a local database",
        "wrangler_compat.d1.migrations:apply_migrations",
        ("database",),
        1,
        MIGRATIONS,
        "wrangler-compat d1 migrations apply DB",
    ),
    Command(
        ("d1", "migrations", "create"),
        "Make a migration file with the next number",
        "wrangler_compat.d1.migrations:create_migration",
        ("database", "message"),
        2,
        example='wrangler-compat d1 migrations create DB "add owner"',
    ),
    Command(
        ("d1", "export"),
        "Write a local database to a file of SQL",
        "wrangler_compat.d1.export:export_database",
        ("name",),
        1,
        EXPORT,
        "wrangler-compat d1 export DB --output links.sql",
    ),
    Command(
        ("completions",),
        "Print a completion script for a shell",
        "wrangler_compat.completions:print_script",
        ("shell",),
        1,
        example='eval "$(wrangler-compat completions bash)"',
    ),
)


def find_command(words: Sequence[str]) -> Command | None:
    """The command whose words ``words`` begin with."""
    for command in COMMANDS:
        if tuple(words[: len(command.words)]) == command.words:
            return command
    return None
