"""``d1 migrations list | apply | create``: files of SQL, and a table that remembers which were applied."""

import re
from pathlib import Path
from typing import Final

from kvstore.clock import iso
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.prompt import confirm
from wrangler_compat.cli.table import table
from wrangler_compat.d1.execute import execute, quietly
from wrangler_compat.d1.target import Target, check_place, config_name, find_target

_WAITING, _DONE, _FAILED = "🕒️", "✅", "❌"
_NONE_TO_APPLY: Final = "✅ No migrations to apply!"
_DEFAULT_FOLDER: Final = "migrations"
# The text is wrangler's: schemas that are compared show it.
_TABLE: Final = """\
CREATE TABLE IF NOT EXISTS {}(
\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,
\t\tname       TEXT UNIQUE,
\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);"""


async def list_migrations(invocation: Invocation) -> None:
    """The files that are not applied yet."""
    invocation.console.banner()
    invocation.console.location()
    target, folder = _prepared(invocation)
    waiting = await _unapplied(target, folder)
    if not waiting:
        invocation.console.say(_NONE_TO_APPLY)
        return
    invocation.console.say("Migrations to be applied:")
    invocation.console.say(table(["Name"], [[path.name] for path in waiting]))


async def apply_migrations(invocation: Invocation) -> None:
    """Apply file after file, each in a transaction of its own with the row that remembers it."""
    console = invocation.console
    console.banner()
    console.location()
    target, folder = _prepared(invocation)
    waiting = sorted(await _unapplied(target, folder), key=_number)
    if not waiting:
        console.say(_NONE_TO_APPLY)
        return
    console.say("Migrations to be applied:")
    console.say(table(["name"], [[path.name] for path in waiting]))
    question = (
        f"About to apply {len(waiting)} migration(s)\n"
        "Your database may not be available to serve requests during the migration, continue?"
    )
    if not confirm(console, question):
        return
    states = dict.fromkeys((path.name for path in waiting), _WAITING)
    for path in waiting:
        try:
            await execute(invocation, _with_memory(path, target))
        except CommandError as error:
            states[path.name] = _FAILED
            console.say(_progress(states))
            console.complain(f"Migration {path.name} failed with the following errors:")
            raise CommandError(str(error)) from error
        states[path.name] = _DONE
        console.say(_progress(states))


def create_migration(invocation: Invocation) -> None:
    """A file with the next number, ready to be filled."""
    console = invocation.console
    console.banner()
    _check_configuration(invocation)
    folder = _folder(invocation, find_target(invocation), make=True)
    number = max((_number(path) for path in _files(folder)), default=0) + 1
    path = folder / f"{number:04}_{invocation.arguments.words[1].replace(' ', '_')}.sql"
    path.write_text(f"-- Migration number: {number:04} \t {iso(invocation.clock.now_ms())}\n")
    console.say(f"✅ Successfully created Migration '{path.name}'!\n")
    console.say("The migration is available for editing here")
    console.say(str(path))


def _prepared(invocation: Invocation) -> tuple[Target, Path]:
    check_place(invocation)
    _check_configuration(invocation)
    target = find_target(invocation)
    return target, _folder(invocation, target, make=False)


def _check_configuration(invocation: Invocation) -> None:
    if invocation.project.config is None:
        raise CommandError(
            "No configuration file found. Create a wrangler.jsonc file to define your D1 database."
        )


def _folder(invocation: Invocation, target: Target, *, make: bool) -> Path:
    """The folder of the files. Raises CommandError when there is none, and none is to be made."""
    console, named = invocation.console, target.binding.migrations_dir
    folder = invocation.project.root / named
    if folder.exists():
        return folder
    advice = (
        f" Set `migrations_dir` in your {config_name(invocation)} file to choose a different path."
        if named == _DEFAULT_FOLDER
        else ""
    )
    warning = f"No migrations folder found.{advice}"
    if make and confirm(console, f"{warning}\nOk to create {folder}?"):
        folder.mkdir(parents=True)
        return folder
    console.caution(warning)
    raise CommandError(f"No migrations present at {folder}.")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.endswith(".sql"))


def _number(path: Path) -> int:
    """The number that a file begins with, 0 for none."""
    found = re.match(r"\s*([0-9]+)", path.name)
    return int(found[1]) if found else 0


async def _unapplied(target: Target, folder: Path) -> list[Path]:
    name = target.binding.migrations_table
    await quietly(target, _TABLE.format(name))
    (applied,) = await quietly(target, f"SELECT * FROM {name} ORDER BY id")
    done = {row["name"] for row in applied["results"]}
    return [path for path in _files(folder) if path.name not in done]


def _with_memory(path: Path, target: Target) -> str:
    text = path.read_text("utf-8", "replace")
    return f"{text}\nINSERT INTO {target.binding.migrations_table} (name)\nvalues ('{path.name}');\n"


def _progress(states: dict[str, str]) -> str:
    return table(["name", "status"], list(states.items()))
