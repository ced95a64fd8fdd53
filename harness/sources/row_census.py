"""What kinds of rows the databases of a Worker's folder have: tables, columns, and rows by what is NULL."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.migration import Migration
from harness.model.record import Place
from harness.model.row import Table, row_of
from harness.sources.database_copy import copy_databases
from harness.system.stages import Stages
from kvstore import Entry


@dataclass
class Rows:
    """``count`` rows of a table, of which ``missing`` columns are NULL."""

    missing: tuple[str, ...]
    count: int


@dataclass
class TableGroup:
    """The ``table`` of a database, ``label``, with its rows ``by_missing`` columns, the most first.

    ``kinds`` are what was seen in each column: text, number, blob.
    """

    label: str
    table: Table
    by_missing: list[Rows] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.label.partition(".")[2]

    @property
    def database(self) -> str:
        return self.label.partition(".")[0]


def table_groups(folder: Path) -> list[TableGroup]:
    """Every table of the databases that the Worker in ``folder`` binds, whether it has rows there or not.

    Raises MigrationError, SourceError and ConfigError.
    """
    migration = Migration("skeleton", before=folder)
    copied = copy_databases(folder, Stages(migration), {})
    tables = Stages(migration, copies=copied.copies).tables
    return [_group(label, table, copied.rows) for label, table in tables.items()]


def _group(label: str, table: Table, stored: Mapping[Place, Entry]) -> TableGroup:
    rows = [row_of(place, entry).columns for place, entry in stored.items() if place[0] == label]
    missing = Counter(tuple(name for name in table.columns if row[name] is None) for row in rows)
    kinds = {name: _kinds([row[name] for row in rows]) for name in table.columns}
    found = [Rows(names, count) for names, count in missing.most_common()]
    return TableGroup(label, table, found, kinds)


def _kinds(values: list[Any]) -> str:
    """What the values of a column are, the most first; "" where nothing is known."""
    names = {str: "text", int: "number", float: "number", list: "blob"}
    seen = Counter(names[type(one)] for one in values if type(one) in names)
    return " or ".join(name for name, _ in seen.most_common())
