"""The SQL of an entries table and the rule of expiry, written once for every table shape and driver.

Our own stores keep the value in the row; wrangler's keep it in a file and its name in the row. All else is
the same: the expiration is in milliseconds, and a listing is ordered by the keys' UTF-8 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kvstore.database import Program
from kvstore.store import KeyInfo, Page

# SQLite's own limit on bound parameters is far higher; a bulk get never asks for more keys than this.
_MOST_PARAMETERS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A row as stored: ``content`` is the value, or the name of the file that holds it."""

    content: Any
    expiration: int | None
    metadata: str | None


class EntriesSql:
    """Programs on the table ``name`` whose value column is ``content``."""

    def __init__(self, name: str, content: str, content_type: str) -> None:
        self.schema = (
            f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, {content} {content_type} NOT NULL, "
            "expiration INTEGER, metadata TEXT)",
            f"CREATE INDEX IF NOT EXISTS {name}_expiration_idx ON {name} (expiration)",
        )
        columns = f"{content}, expiration, metadata"
        self._select = f"SELECT {columns} FROM {name} WHERE key = ?"
        self._select_many = f"SELECT key, {columns} FROM {name} WHERE key IN "
        self._insert = f"INSERT OR REPLACE INTO {name} (key, {columns}) VALUES (?, ?, ?, ?)"
        self._delete = f"DELETE FROM {name} WHERE key = ? RETURNING {content}"
        self._delete_at = f"DELETE FROM {name} WHERE key = ? AND expiration <= ? RETURNING {content}"
        self._purge = f"DELETE FROM {name} WHERE expiration < ? RETURNING {content}"
        self._any_expired = f"SELECT 1 FROM {name} WHERE expiration < ? LIMIT 1"
        self._scan = f"SELECT key, expiration, metadata FROM {name} WHERE "
        self._all = f"SELECT key, {columns} FROM {name} ORDER BY key"
        self._contents = f"SELECT {content} FROM {name}"

    def get(self, key: str) -> Program[Row | None]:
        rows = yield self._select, (key,)
        return Row(*rows[0]) if rows else None

    def get_many(self, keys: Sequence[str]) -> Program[dict[str, Row]]:
        found: dict[str, Row] = {}
        for start in range(0, len(keys), _MOST_PARAMETERS):
            part = keys[start : start + _MOST_PARAMETERS]
            rows = yield self._select_many + "(" + ",".join("?" * len(part)) + ")", part
            found.update((row[0], Row(*row[1:])) for row in rows)
        return found

    def put(self, key: str, row: Row) -> Program[Any]:
        """Replace the whole row; returns the content that was there, or None."""
        before = yield self._select, (key,)
        yield self._insert, (key, row.content, row.expiration, row.metadata)
        return before[0][0] if before else None

    def put_many(self, rows: Sequence[tuple[str, Row]]) -> Program[None]:
        for key, row in rows:
            yield self._insert, (key, row.content, row.expiration, row.metadata)

    def delete(self, key: str) -> Program[list[Any]]:
        """Remove a row; returns its content in a list, empty when there was none."""
        rows = yield self._delete, (key,)
        return [row[0] for row in rows]

    def drop_expired(self, key: str, now: int) -> Program[list[Any]]:
        """Remove a row that a read found expired; a put that came between is left alone."""
        rows = yield self._delete_at, (key, now)
        return [row[0] for row in rows]

    def any_expired(self, now: int) -> Program[bool]:
        rows = yield self._any_expired, (now,)
        return bool(rows)

    def purge(self, now: int) -> Program[list[Any]]:
        """Remove every row that expired before ``now``; returns their contents."""
        rows = yield self._purge, (now,)
        return [row[0] for row in rows]

    def scan(self, prefix: str, after: str | None, limit: int, now: int) -> Program[Page]:
        """One page of keys; an entry still shows in the millisecond in which it expires, as measured."""
        conditions = ["(expiration IS NULL OR expiration >= ?)"]
        values: list[Any] = [now]
        end = prefix_end(prefix)
        for condition, value in (
            ("key >= ?", prefix or None),
            ("key < ?", end if prefix else None),
            ("key > ?", after),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        rows = yield self._scan + " AND ".join(conditions) + " ORDER BY key LIMIT ?", (*values, limit + 1)
        keys = [KeyInfo(name, seconds(expiration), metadata) for name, expiration, metadata in rows[:limit]]
        return Page(keys, complete=len(rows) <= limit)

    def every_row(self) -> Program[dict[str, Row]]:
        """All rows, the expired ones among them."""
        rows = yield self._all, ()
        return {row[0]: Row(*row[1:]) for row in rows}

    def contents(self) -> Program[set[Any]]:
        rows = yield self._contents, ()
        return {row[0] for row in rows}


def prefix_end(prefix: str) -> str | None:
    """The first text after all that begins with ``prefix``, in code point order; None if there is none."""
    for at in range(len(prefix) - 1, -1, -1):
        point = ord(prefix[at])
        if point < 0x10FFFF:
            # U+D7FF is followed by U+E000: what lies between cannot be stored.
            return prefix[:at] + chr(0xE000 if point == 0xD7FF else point + 1)
    return None


def is_expired(expiration: int | None, now: int) -> bool:
    """The rule for reads; both in milliseconds."""
    return expiration is not None and expiration <= now


def seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // 1000


def milliseconds(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
