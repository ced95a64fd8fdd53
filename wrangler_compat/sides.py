"""The two sides of a diff: a namespace here, one in the account, or a bulk file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from kvstore.bulk_json import read_bulk
from kvstore.errors import SourceError
from kvstore.json_text import stringify
from kvstore.limits import LIMITS
from kvstore.store import Entry
from wrangler_compat.context import Invocation
from wrangler_compat.errors import CommandError
from wrangler_compat.files import read_text
from wrangler_compat.namespace import Namespace
from wrangler_compat.target import Project, binding_id, is_remote, open_namespace

_PLACES: Final = {"local": False, "remote": True}


@dataclass(frozen=True, slots=True)
class Side:
    """What was named, and the entries found there, by key."""

    display: str
    entries: dict[str, Entry]


async def read_side(project: Project, invocation: Invocation, name: str) -> Side:
    """The entries of ``name``: a file, a binding or a namespace's id; ``local:`` or ``remote:`` before the
    latter two says where, else the flags do. Raises CommandError when there is no such thing.
    """
    place, colon, rest = name.partition(":")
    known = bool(colon) and place in _PLACES
    if not known and (project.folder / name).is_file():
        return Side(name, _bulk_entries(project, invocation, name))
    remote = _PLACES[place] if known else is_remote(invocation.arguments)
    namespace_id = await _namespace_id(project, invocation, rest if known else name, remote)
    namespace = open_namespace(project, invocation, namespace_id, remote=remote)
    try:
        return Side(f"{'remote' if remote else 'local'}:{namespace_id}", await _entries(namespace, remote))
    finally:
        await namespace.close()


def _bulk_entries(project: Project, invocation: Invocation, name: str) -> dict[str, Entry]:
    try:
        return read_bulk(read_text(project.folder, name), invocation.clock, name).entries
    except SourceError as error:
        raise CommandError(str(error)) from error


async def _namespace_id(project: Project, invocation: Invocation, name: str, remote: bool) -> str:
    bindings = project.config.kv_namespaces if project.config else ()
    if any(binding.binding == name for binding in bindings):
        return await binding_id(project, invocation, name, remote=remote, default_preview=False)
    if not name or "/" in name or name.endswith(".json"):
        raise CommandError(f'"{name}" is no file, no binding and no id of a namespace')
    return name


async def _entries(namespace: Namespace, remote: bool) -> dict[str, Entry]:
    keys = (await namespace.keys()).keys
    if remote:
        return await _remote_entries(namespace, keys)
    values = {key["name"]: await namespace.get(key["name"]) for key in keys}
    return {key["name"]: _entry(value, key) for key in keys if (value := values[key["name"]]) is not None}


async def _remote_entries(namespace: Namespace, keys: list[dict[str, Any]]) -> dict[str, Entry]:
    """Values in requests of 100. What is no text comes with replacement characters: asked for again."""
    entries: dict[str, Entry] = {}
    for some in _batches(keys, LIMITS.bulk_get_keys):
        values = await namespace.get_many([key["name"] for key in some])
        for key in some:
            text = values.get(key["name"])
            if text is None:
                continue
            whole = isinstance(text, str) and "\ufffd" not in text
            value = text.encode() if whole else await namespace.get(key["name"])
            if value is not None:
                entries[key["name"]] = _entry(value, key)
    return entries


def _entry(value: bytes, key: dict[str, Any]) -> Entry:
    metadata = None if key.get("metadata") is None else str(stringify(key["metadata"]))
    return Entry(value, key.get("expiration"), metadata)


def _batches(keys: list[dict[str, Any]], size: int) -> Iterable[list[dict[str, Any]]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
