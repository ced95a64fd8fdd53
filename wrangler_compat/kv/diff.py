"""``kv diff``: what differs between two namespaces, here or in the account, or exports of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kvstore.copies.bulk_json import read_bulk
from kvstore.copies.diff import Difference, diff
from kvstore.errors import SourceError
from kvstore.store import Entry
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.files import read_text
from wrangler_compat.kv.keys import warn_of_damage
from wrangler_compat.kv.target import binding_id, is_remote, open_namespace


async def show_difference(invocation: Invocation) -> int:
    """A line for every key that was added, removed or changed; exit code 0 when there is none, else 1."""
    console = invocation.console
    before, after = [await read_side(invocation, name) for name in invocation.arguments.words]
    difference = diff(before.entries, after.entries)
    if console.only_data:
        sides = {"before": before.display, "after": after.display}
        console.document(sides | _as_json(difference))
    else:
        counts = ", ".join(
            f"{len(keys)} {what}"
            for what, keys in (
                ("removed", difference.removed),
                ("changed", difference.changed),
                ("added", difference.added),
            )
        )
        if difference:
            console.data(str(difference))
        console.note(f"{before.display} → {after.display}: {counts}")
    return 1 if difference else 0


def _as_json(difference: Difference) -> dict[str, Any]:
    return {
        "added": list(difference.added),
        "removed": list(difference.removed),
        "changed": [{"key": key, "parts": list(one.parts)} for key, one in difference.changed.items()],
    }


PLACES: Final = {"local": False, "remote": True}


@dataclass(frozen=True, slots=True)
class Side:
    """What was named, and the entries found there, by key."""

    display: str
    entries: Mapping[str, Entry]


async def read_side(invocation: Invocation, name: str) -> Side:
    """The entries of ``name``: a file, a binding or a namespace's id; ``local:`` or ``remote:`` before the
    latter two says where, else the flags do. Raises CommandError when there is no such thing.
    """
    place, colon, rest = name.partition(":")
    known = bool(colon) and place in PLACES
    if not known and os.path.isfile(invocation.folder / name):  # noqa: PTH113  # a name that is too long is not a file, and not an error
        return Side(name, _bulk_entries(invocation, name))
    remote = PLACES[place] if known else is_remote(invocation.arguments)
    found = await namespace_id(invocation, rest if known else name, remote)
    namespace = open_namespace(invocation, found, remote=remote)
    try:
        await warn_of_damage(namespace, invocation.console)
        return Side(f"{'remote' if remote else 'local'}:{found}", await namespace.entries())
    finally:
        await namespace.close()


def _bulk_entries(invocation: Invocation, name: str) -> Mapping[str, Entry]:
    try:
        return read_bulk(read_text(invocation.folder, name), invocation.clock, name).entries
    except SourceError as error:
        raise CommandError(str(error)) from error


async def namespace_id(invocation: Invocation, name: str, remote: bool) -> str:
    """The id that a binding or an id names. Raises CommandError."""
    config = invocation.project.config
    bindings = config.kv_namespaces if config else ()
    if any(binding.binding == name for binding in bindings):
        return await binding_id(invocation, name, remote=remote, default_preview=False)
    if not name or "/" in name or name.endswith(".json"):
        raise CommandError(
            f'"{name}" is neither a file, nor a binding, nor the id of a namespace. Give a JSON file of '
            "`kv bulk put`, a binding of the configuration, or the id of a namespace."
        )
    return name
