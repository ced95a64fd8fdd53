"""Which database a command means, and how it is asked."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from worker.config import D1Binding
from worker.d1 import D1Database, Database, database_path
from worker.sdk.ffi.errors import JsException
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError


@dataclass(frozen=True)
class Target:
    """A database of the configuration in the local state; ``name`` is what the command line calls it."""

    name: str
    binding: D1Binding
    root: Path
    folder: Path

    @property
    def path(self) -> Path:
        return database_path(self.root, self.binding.local_id)

    @property
    def display(self) -> str:
        """``<name> (<id>) from <folder>``, as messages have it."""
        return f"{self.name} ({self.binding.local_id}) from {_readable(self.root, self.folder)}"

    async def batch(self, statements: Sequence[str]) -> list[dict[str, Any]]:
        """The results of statements in one transaction. Raises CommandError with the first that fails."""
        try:
            database = Database(self.path)
        except (apsw.Error, OSError) as error:
            raise CommandError(f"cannot use {self.path}: {error}") from error
        try:
            binding = D1Database(database)
            return await binding.batch([binding.prepare(statement) for statement in statements])
        except JsException as error:
            raise CommandError((error.cause or error).message) from error
        finally:
            database.close()


def find_target(invocation: Invocation) -> Target:
    """The database that the first word names. Raises CommandError when the configuration has none of it."""
    name, project = invocation.arguments.words[0], invocation.project
    persist_to = invocation.arguments.text("persist-to")
    state = invocation.folder / persist_to if persist_to else project.root / ".wrangler" / "state"
    for binding in project.config.d1_databases if project.config else ():
        if name in (binding.database_name, binding.binding):
            return Target(name, binding, state / "v3" / "d1", invocation.folder)
    raise CommandError(
        f"Couldn't find a D1 DB with the name or binding '{name}' in your {config_name(invocation)} file."
    )


def check_place(invocation: Invocation) -> None:
    """Raises CommandError unless the local database is meant."""
    arguments = invocation.arguments
    if arguments.switch("remote") or arguments.switch("preview"):
        raise CommandError(
            "d1 works on the databases of this machine only. Leave out --remote and --preview, or use "
            "`wrangler d1` for the account."
        )
    if arguments.text("persist-to") and not arguments.switch("local"):
        raise CommandError("Error: can't use --persist-to without --local")


def config_name(invocation: Invocation) -> str:
    """What messages call the configuration file: by its format."""
    config = invocation.project.config
    formats = {".toml": "wrangler.toml", ".jsonc": "wrangler.jsonc", ".json": "wrangler.json"}
    return "Wrangler configuration" if config is None else formats.get(config.path.suffix, config.path.name)


def _readable(path: Path, folder: Path) -> str:
    relative = os.path.relpath(path, folder)
    plain = relative.startswith(".") or os.sep not in relative
    return relative if plain else f"./{relative}"
