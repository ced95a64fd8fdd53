"""A table of D1 for who moves entries to it without a Worker: a row is read, and written, by its key."""

import json
from collections.abc import Mapping
from typing import Any

from harness.migration import Entry
from harness.model.row import Table, shaped
from harness.system.tables import quoted
from worker.d1 import D1Database


class TableOf:
    """The table ``label`` of ``database``."""

    def __init__(self, database: D1Database, label: str, table: Table) -> None:
        self.database = database
        self.label = label
        self.table = table
        self.name = quoted(label.partition(".")[2])
        self.has_key = " AND ".join(f"{quoted(column)} = ?" for column in table.key)

    async def read(self, wanted: Entry) -> Entry | None:
        """The row that is there in the place of a wanted one, looked at in the same way; None for none.

        Raises JsException, as every call of D1.
        """
        assert wanted.shape is not None
        row = await self._row(json.loads(wanted.value))
        place = wanted.binding, wanted.key
        return None if row is None else shaped(wanted.shape, place, row, wanted.expiration)

    async def write(self, columns: Mapping[str, Any]) -> None:
        """Insert a row, or give the one of that key these columns. Raises JsException."""
        names = [*columns]
        if await self._row(columns) is None:
            listed, marks = ", ".join(map(quoted, names)), ", ".join("?" * len(names))
            sql, values = f"INSERT INTO {self.name} ({listed}) VALUES ({marks})", [*columns.values()]
        else:
            changed = ", ".join(f"{quoted(name)} = ?" for name in names)
            sql = f"UPDATE {self.name} SET {changed} WHERE {self.has_key}"
            values = [*columns.values(), *(columns[name] for name in self.table.key)]
        await self.database.prepare(sql).bind(*values).run()

    async def _row(self, columns: Mapping[str, Any]) -> dict[str, Any] | None:
        """The whole row whose key these columns have."""
        key = [columns[name] for name in self.table.key]
        row: dict[str, Any] | None = await (
            self.database.prepare(f"SELECT * FROM {self.name} WHERE {self.has_key}").bind(*key).first()
        )
        return row
