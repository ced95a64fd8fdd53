"""Writes the skeleton of a migration from what a namespace holds: it runs at once, and moves nothing yet."""

import json
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.key_shapes import MOST_GROUPS, grouped, shapes
from harness.migration import MigrationError
from harness.sources.source import open_source
from harness.system.stages import read_config
from kvstore import Clock, Entry
from kvstore.printable import printable
from worker.config import config_in

_MOST_SHAPES: Final = 4
# Names that the skeleton uses itself.
_TAKEN: Final = ("m", "runbook", "read", "remove", "migrate_one")

_HEAD = '''"""A migration: `rehearse run` with the name of this file says whether it is safe.

Say what each entry becomes, what the operator does, and what clients and readers do meanwhile.
"""

from harness import Entry, Migration

m = Migration({name!r}, {stages}binding={binding!r})
'''

_RULE = """

{what}
@m.becomes({prefix!r})
def {function}(name: str, old: Entry) -> Entry:
    return old  # nothing moves yet; such as: old.at(f"v2:{{old.key}}", metadata={{"of": name}})
"""

_WORKER = """

@m.operator
async def runbook(op):
    await op.deploy("after")
    # await op.until_done("/admin/migrate", carry="cursor")  # asks again until the answer says "done": true
    # await op.settle()                                      # until every location sees everything


# @m.reads({prefix!r})
# async def read(who, name):                       # everywhere, all the time: finds what lives
#     return (await who.get(f"/{{name}}")).status == 200


# @m.changes({prefix!r})
# async def remove(who, name):                     # at any time, also between two operations of the operator
#     if (await who.delete(f"/{{name}}")).ok:
#         who.gone(name)
"""

_NO_WORKER = """

@m.each({prefix!r})
async def migrate_one(kv, key: str, entry: Entry):
    pass  # such as: await kv.put(f"v2:{{key}}", entry.text)
"""


def skeleton(file: Path, source: Path, binding: str | None, clock: Clock) -> str:
    """The text of a migration file for what ``source`` holds. Raises MigrationError, SourceError and
    ConfigError.
    """
    has_worker = source.is_dir() and config_in(source) is not None
    name, bound = source.resolve().stem, binding or "KV"
    if has_worker:
        config = read_config(source)
        name = config.name or name
        names = [one.binding for one in config.kv_namespaces]
        if not names:
            raise MigrationError(f"{config.path} binds no KV namespace: there is nothing to move")
        bound = binding or names[0]
    groups = grouped(open_source(source, clock, binding=bound).namespace.entries)
    if not groups:
        raise MigrationError(f"the namespace {bound} of {source} is empty: there is nothing to move")
    folder = _relative(source, file.resolve().parent)
    stages = f"before={folder!r}, after={folder!r}, " if has_worker else ""
    parts = [_HEAD.format(name=name, stages=stages, binding=bound)]
    taken: set[str] = set()
    for prefix, keys in list(groups.items())[:MOST_GROUPS]:
        what = "".join(f"# {line}\n" for line in described(prefix, keys)).rstrip("\n")
        parts.append(_RULE.format(what=what, prefix=prefix, function=_function(prefix, taken)))
    first = next(iter(groups))
    parts.append((_WORKER if has_worker else _NO_WORKER).format(prefix=first))
    return "".join(parts)


def described(prefix: str, entries: Mapping[str, Entry]) -> list[str]:
    """A line for each shape of a group's keys: how many there are, what their values are, how many expire."""
    found = shapes(prefix, entries)
    told = list(found.items())[:_MOST_SHAPES]
    lines = [
        printable(f"{shape or 'every key'}  {_described([entries[key] for key in keys])}")
        for shape, keys in told
    ]
    left = len(found) - len(told)
    return [*lines, f"… and {left:,} other shapes of keys"] if left else lines


def _described(entries: Sequence[Entry]) -> str:
    count = len(entries)
    said = [f"{count:,} {'entry' if count == 1 else 'entries'}", _values(entries)]
    expire = sum(entry.expiration is not None for entry in entries)
    if expire:
        said.append(f"{expire:,} expire" if expire > 1 else "1 expires")
    metadata = sum(entry.metadata is not None for entry in entries)
    if metadata:
        said.append(f"{metadata:,} with metadata")
    return "; ".join(said)


def _values(entries: Iterable[Entry]) -> str:
    members: dict[str, int] = {}
    texts = 0
    for entry in entries:
        try:
            document = json.loads(entry.value)
        except (ValueError, RecursionError):
            texts += 1
            continue
        for member in document if isinstance(document, dict) else [type(document).__name__]:
            members[member] = members.get(member, 0) + 1
    if not members:
        return "values that are not JSON" if texts else "JSON without members"
    names = ", ".join(sorted(members, key=lambda name: (-members[name], name))[:6])
    return f"JSON with {names}" + (f"; {texts:,} are not JSON" if texts else "")


def _function(prefix: str, taken: set[str]) -> str:
    name = re.sub(r"\W+", "_", prefix, flags=re.ASCII).strip("_").lower() or "entry"
    if name[0].isdigit() or keyword.iskeyword(name) or name in _TAKEN:
        name = f"key_{name}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _relative(source: Path, folder: Path) -> str:
    try:
        return str(source.resolve().relative_to(folder)) or "."
    except ValueError:
        return str(source.resolve())
