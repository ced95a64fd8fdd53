"""Writes the skeleton of a migration from what is in KV and D1: it runs at once, and moves nothing yet."""

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.migration import MigrationError
from harness.sources.row_census import TableGroup, table_groups
from harness.sources.source import open_source
from harness.system.files import is_javascript
from harness.system.stages import only_python_has, read_config
from kvstore import Clock, SourceError
from kvstore.copies.census import MOST_GROUPS, Group, Shape, census_of, read_groups
from kvstore.text.printable import printable
from worker.config import WorkerConfig, config_in

_MOST_SHAPES: Final = 4
# Names that the skeleton uses itself.
_TAKEN: Final = ("m", "runbook", "read", "remove", "migrate_one")
# Names of columns that say when a row ends.
_ENDS: Final = re.compile("expir|ttl|until|ends")

_HEAD = '''"""A migration: `rehearse run` with the name of this file says whether it is safe.

Say what each entry becomes, what the operator does, and what clients and readers do meanwhile.
"""

from harness import {names}

m = Migration({arguments})
'''

_RULE = """

{what}
@m.becomes({prefix!r})
def {function}(name: str, old: Entry) -> Entry:
    return old  # nothing moves yet; such as: old.at(f"v2:{{old.key}}", metadata={{"of": name}})
"""

_AS_ROW = """    # or a row of D1, of whose columns None are not known:
    # return Row({table!r}, {{
{columns}
    # }})
"""

_TABLE_RULE = """

{what}
@m.becomes(table={table!r}{binding})
def {function}(name: str, old: Row) -> Row:
    return old  # nothing moves yet; such as: old.at({other!r}, {column}=old[{column!r}])
"""

_NO_KEY = """

{what}
# No column says which row is which: name some with Migration(…, keys={{{table!r}: ("column",)}}).
"""

_WORKER = """

@m.operator
async def runbook(op):
    await op.deploy("after")
{apply}    # await op.until_done("/admin/migrate", carry="cursor")  # again until the answer says "done": true
    # await op.settle()                                      # until every location sees everything


# @m.reads({of})
# async def read(who, name):                       # everywhere, all the time: finds what lives
#     return (await who.get(f"/{{name}}")).status == 200


# @m.changes({of})
# async def remove(who, name):                     # at any time, also between two operations of the operator
#     if (await who.delete(f"/{{name}}")).ok:
#         who.gone(name)
"""

_APPLY = """    # await op.apply("after")                         # its migration files, before it is deployed
"""

_NO_WORKER = """

@m.each({prefix!r})
async def migrate_one(kv, key: str, entry: Entry):
    pass  # such as: await kv.put(f"v2:{{key}}", entry.text)
"""


@dataclass(frozen=True)
class Sources:
    """A Worker's folder, None without one, and where entries are, by binding; "" is whichever is meant."""

    worker: Path | None
    entries: Mapping[str, Path]

    @classmethod
    def read(cls, texts: Sequence[str]) -> "Sources":
        """From folders, files and ``BINDING=FILE``: the first folder with a configuration is the Worker's.

        Raises MigrationError for two of the same namespace.
        """
        worker, entries = None, dict[str, Path]()
        for text in texts:
            named, equals, place = text.partition("=")
            if not equals or Path(text).exists():
                named, place = "", text
            path = Path(place)
            if worker is None and not named and path.is_dir() and config_in(path) is not None:
                worker = path
            elif named in entries:
                which = f"{named}: leave one out" if named else "one namespace: say --from BINDING=FILE"
                raise MigrationError(f"{entries[named]} and {path} are both given for {which}")
            else:
                entries[named] = path
        return cls(worker, entries)

    def of(self, binding: str) -> Path:
        """Where the entries of ``binding`` are: where that is said, or in the Worker's local state."""
        place = self.entries.get(binding) or self.entries.get("") or self.worker
        if place is None:
            given = ", ".join(self.entries)
            raise MigrationError(
                f"there are entries for {given}, and none for {binding}: --from {binding}=FILE"
            )
        return place


def skeleton(file: Path, sources: Sources, binding: str | None, clock: Clock) -> str:
    """The text of a migration file for what ``sources`` hold. Raises MigrationError, SourceError and
    ConfigError.
    """
    worker = sources.worker
    bound = binding or next((one for one in sources.entries if one), "")
    tables: list[TableGroup] = []
    if worker is not None:
        config = read_config(worker)
        name = config.name or worker.resolve().stem
        names = [one.binding for one in config.kv_namespaces]
        tables = table_groups(worker) if config.d1_databases else []
        if not names and not tables:
            raise MigrationError(
                f"{config.path} binds no KV namespace, and no D1 database that has tables: "
                "there is nothing to move"
            )
        bound = bound or (names[0] if names else "")
    else:
        bound = bound or "KV"
        name = sources.of(bound).resolve().stem
    try:
        groups = _groups(sources.of(bound), bound, clock, may_be_missing=bool(tables)) if bound else []
    except SourceError as error:
        if worker is None or sources.of(bound) != worker:
            raise
        raise SourceError(f"{error} Where they are in a file: --from {worker} --from {bound}=FILE") from error
    if not groups and not any(one.table.key for one in tables):
        if not bound:
            keyless = ", ".join(one.name for one in tables)
            raise MigrationError(
                f"no table of {worker} has a primary key: {keyless}. Give it one, or write the migration "
                "by hand, and name columns with Migration(…, keys=…)"
            )
        raise MigrationError(
            f"the namespace {bound} of {sources.of(bound)} is empty: there is nothing to move"
        )
    arguments = [repr(name)]
    if worker is not None:
        folder = _relative(worker, file.resolve().parent)
        arguments += [f"before={folder!r}", f"after={folder!r}"]
    if bound:
        arguments.append(f"binding={bound!r}")
    if worker is not None and (absent := _absent(config, has_tables=bool(tables))):
        arguments.append(f"without={absent!r}")
    used = ["Entry"] * bool(groups) + ["Migration"] + ["Row"] * bool(tables)
    parts = [_HEAD.format(names=", ".join(used), arguments=", ".join(arguments))]
    taken: set[str] = set()
    for group in groups[:MOST_GROUPS]:
        function = _function(group.prefix, taken)
        parts.append(_RULE.format(what=_comment(described(group)), prefix=group.prefix, function=function))
        if tables:
            parts.append(_as_row(group, tables))
    parts += [_of_table(one, tables[0].database, taken) for one in tables]
    of = repr(groups[0].prefix) if groups else f"table={next(one.name for one in tables if one.table.key)!r}"
    apply = _APPLY if tables else ""
    end = _WORKER.format(of=of, apply=apply) if worker else _NO_WORKER.format(prefix=groups[0].prefix)
    parts.append(end)
    return "".join(parts)


def _absent(config: WorkerConfig, *, has_tables: bool) -> list[str]:
    """The bindings that a Worker does without in a rehearsal; databases only where nothing is in them."""
    names = [*config.not_emulated]
    if is_javascript(config):
        kept = {one.binding for one in config.d1_databases if has_tables}
        names += [name for name in only_python_has(config) if name not in kept]
    return names


def _comment(lines: list[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)


def _as_row(group: Group, tables: list[TableGroup]) -> str:
    """The sketch of a rule that gives a row, of the table whose name is like the keys'."""
    word = re.sub(r"\W", "", group.prefix).lower().rstrip("s")
    table = next((one for one in tables if word and one.name.lower().rstrip("s") == word), tables[0])
    members = {name for shape in group.shapes for name in shape.members}
    left = [name for name in table.table.columns if name not in table.table.key[:1]]
    text = next((name for name in left if name not in members and not _ENDS.search(name.lower())), None)
    columns = []
    for name in table.table.columns:
        made = "None"
        if name in table.table.key[:1]:
            made = "name"
        elif name in members:
            made = f"old.json.get({name!r})"
        elif _ENDS.search(name.lower()):
            made = "old.expiration"
        elif name == text and not members:
            made = "old.text"
        elif any(shape.with_metadata for shape in group.shapes):
            made = f"(old.metadata or {{}}).get({name!r})"
        columns.append(f"    #     {name!r}: {made},")
    return _AS_ROW.format(table=table.name, columns="\n".join(columns))


def _of_table(group: TableGroup, database: str, taken: set[str]) -> str:
    """The rule about the rows of a table."""
    what, table = _comment(described_table(group)), group.table
    if not table.key:
        return _NO_KEY.format(what=what, table=group.name)
    binding = "" if group.database == database else f", binding={group.database!r}"
    column = next((one for one in table.columns if one.isidentifier() and not keyword.iskeyword(one)), "name")
    function = _function(group.name, taken)
    return _TABLE_RULE.format(
        what=what,
        table=group.name,
        binding=binding,
        function=function,
        other=f"{group.name}_2",
        column=column,
    )


def described_table(group: TableGroup) -> list[str]:
    """A line for the columns of a table, and one for each group of its rows, by what is NULL there."""
    columns = []
    for name in group.table.columns:
        said = [group.kinds[name], "key" if name in group.table.key else ""]
        more = ", ".join(filter(None, said))
        columns.append(f"{name} ({more})" if more else name)
    lines = [f"table {group.name}: {', '.join(columns)}"]
    for rows in group.by_missing[:_MOST_SHAPES]:
        missing = f" without {', '.join(rows.missing)}" if rows.missing else " with every column"
        lines.append(f"  {rows.count:,} {'row' if rows.count == 1 else 'rows'}{missing}")
    left = len(group.by_missing) - _MOST_SHAPES
    if left > 0:
        lines.append(f"  … and rows of {left:,} other kinds")
    if not group.by_missing:
        lines.append("  no rows here")
    return [printable(line) for line in lines]


def _groups(source: Path, binding: str, clock: Clock, *, may_be_missing: bool) -> list[Group]:
    """The kinds of keys that a source holds, or that the census of an account counted."""
    census = read_census(source) if source.is_file() else None
    if census is not None:
        return census
    try:
        entries = open_source(source, clock, binding=binding).namespace.entries
    except SourceError:
        if may_be_missing:  # there are rows
            return []
        raise
    return census_of(entries, clock.now_ms() // 1000)


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
