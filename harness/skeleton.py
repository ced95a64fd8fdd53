"""Writes the skeleton of a migration from what a namespace holds: it runs at once, and moves nothing yet."""

import json
import keyword
import re
from pathlib import Path
from typing import Final

from harness.migration import MigrationError
from harness.sources.source import open_source
from harness.system.stages import read_config
from kvstore import Clock, SourceError
from kvstore.copies.census import MOST_GROUPS, Group, Shape, census_of, read_groups
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
    groups = _groups(source, bound, clock)
    if not groups:
        raise MigrationError(f"the namespace {bound} of {source} is empty: there is nothing to move")
    folder = _relative(source, file.resolve().parent)
    stages = f"before={folder!r}, after={folder!r}, " if has_worker else ""
    parts = [_HEAD.format(name=name, stages=stages, binding=bound)]
    taken: set[str] = set()
    for group in groups[:MOST_GROUPS]:
        what = "".join(f"# {line}\n" for line in described(group)).rstrip("\n")
        function = _function(group.prefix, taken)
        parts.append(_RULE.format(what=what, prefix=group.prefix, function=function))
    parts.append((_WORKER if has_worker else _NO_WORKER).format(prefix=groups[0].prefix))
    return "".join(parts)


def _groups(source: Path, binding: str, clock: Clock) -> list[Group]:
    """The kinds of keys that a source holds, or that the census of an account counted."""
    census = read_census(source) if source.is_file() else None
    if census is not None:
        return census
    return census_of(open_source(source, clock, binding=binding).namespace.entries, clock.now_ms() // 1000)


def read_census(file: Path) -> list[Group] | None:
    """The census in a file, None for a file that is something else. Raises SourceError for a broken one."""
    try:
        document = json.loads(file.read_bytes())
        return (
            read_groups(document["census"]) if isinstance(document, dict) and "census" in document else None
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
            return None
        raise SourceError(f"cannot use {file}: {error}") from error


def described(group: Group) -> list[str]:
    """A line for each shape of a group's keys: how many there are, what their values are, how many expire."""
    told = group.shapes[:_MOST_SHAPES]
    lines = [printable(f"{shape.pattern or 'every key'}  {_described(shape)}") for shape in told]
    left = len(group.shapes) - len(told)
    return [*lines, f"… and {left:,} other shapes of keys"] if left else lines


def _described(shape: Shape) -> str:
    said = [f"{shape.count:,} {'entry' if shape.count == 1 else 'entries'}", _values(shape)]
    if shape.expire:
        said.append(f"{shape.expire:,} expire" if shape.expire > 1 else "1 expires")
    if shape.with_metadata:
        said.append(f"{shape.with_metadata:,} with metadata")
    return "; ".join(said)


def _values(shape: Shape) -> str:
    members, texts = shape.members, shape.texts
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
