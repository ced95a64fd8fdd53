"""The SQL of an entries table and the rule of expiry, written once for every table shape and driver.

Our own stores keep the value in the row; wrangler's keep it in a file and its name in the row. All else is
the same: the expiration is in milliseconds, and a listing is ordered by the keys' UTF-8 bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from kvstore.sql.database import Lookup, Program, Steps, program
from kvstore.store import KeyInfo, Page

# SQLite's own limit on bound parameters is far higher; a bulk get never asks for more keys than this.
_MOST_PARAMETERS = 500


class Row(NamedTuple):
    """A row as stored: ``content`` is the value, or the name of the file that holds it."""

    content: Any
    expiration: int | None
    metadata: str | None


class EntriesSql:
    """Programs on the table ``name``, whose value is in the column ``content``.

    ``columns`` is the table as SQL defines it; ``removed`` an expression on a row that was removed, for what
    removing it gives back. ``faults`` are conditions that hold only for a damaged row, each
    with its name: such a row is read as if it were not there, and `damaged` names it.
    """

    def __init__(
        self, name: str, content: str, columns: str, removed: str, faults: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.schema = (
            f"CREATE TABLE IF NOT EXISTS {name} ({columns})",
            f"CREATE INDEX IF NOT EXISTS {name}_expiration_idx ON {name} (expiration)",
        )
        row = f"{content}, expiration, metadata"
        damaged = " OR ".join(f"({condition})" for condition in (faults or {}).values()) or "0"
        what = "".join(f" WHEN {condition} THEN '{fault}'" for fault, condition in (faults or {}).items())
        self._damaged = f"SELECT key, CASE{what} END FROM {name} WHERE {damaged}" if faults else None
        intact = f" AND NOT ({damaged})" if faults else ""
        self._select = f"SELECT {row} FROM {name} WHERE key = ?{intact}"
        self._select_many = f"SELECT key, {row} FROM {name} WHERE TRUE{intact} AND key IN "
        self._insert = f"INSERT OR REPLACE INTO {name} (key, {row}) VALUES (?, ?, ?, ?)"
        self._delete = f"DELETE FROM {name} WHERE key = ? RETURNING {removed}"
        self._delete_at = f"DELETE FROM {name} WHERE key = ? AND expiration <= ? RETURNING {removed}"
        self._purge = f"DELETE FROM {name} WHERE expiration < ? RETURNING {removed}"
        self._any_expired = f"SELECT 1 FROM {name} WHERE expiration < ? LIMIT 1"
        # The plus keeps SQLite from looking for live rows in the index of expirations: all pages but the
        # first would then cost as much as the whole table.
        live = "(+expiration IS NULL OR +expiration >= ?)"
        self._scan = f"SELECT key, expiration, metadata FROM {name} WHERE {live}{intact}"
        self._all = f"SELECT key, {row} FROM {name} WHERE TRUE{intact} ORDER BY key"
        self._contents = f"SELECT {content} FROM {name}"

    def get(self, key: str) -> Program[tuple[Any, int | None, str | None] | None]:
        """The members of a Row; naming them would be a tenth of what a get costs."""
        return Lookup(self._select, (key,))

    @program
    def get_many(self, keys: Sequence[str]) -> Steps[dict[str, Row]]:
        found: dict[str, Row] = {}
        for start in range(0, len(keys), _MOST_PARAMETERS):
            part = keys[start : start + _MOST_PARAMETERS]
            rows = yield self._select_many + "(" + ",".join("?" * len(part)) + ")", part
            found.update((key, Row._make(row)) for key, *row in rows)
        return found

    @program
    def put(self, rows: Iterable[tuple[str, Row]]) -> Steps[None]:
        """Write whole rows, over what was there."""
        for key, row in rows:
            yield self._insert, (key, *row)

    @program
    def delete(self, key: str) -> Steps[list[Any]]:
        """Remove a row; returns what it left behind in a list, empty when there was none."""
        rows = yield self._delete, (key,)
        return [row[0] for row in rows]

    @program
    def drop_expired(self, key: str, now: int) -> Steps[list[Any]]:
        """Remove a row that a read found expired; a put that came between is left alone."""
        rows = yield self._delete_at, (key, now)
        return [row[0] for row in rows]

    @program
    def any_expired(self, now: int) -> Steps[bool]:
        rows = yield self._any_expired, (now,)
        return bool(rows)

    @program
    def purge(self, now: int) -> Steps[list[Any]]:
        """Remove every row that expired before ``now``; returns what they left behind."""
        rows = yield self._purge, (now,)
        return [row[0] for row in rows]

    @program
    def scan(self, prefix: str, after: str | None, limit: int, now: int) -> Steps[Page]:
        """One page of keys; an entry still shows in the millisecond in which it expires, as measured."""
        # One lower bound and no more: of two, SQLite may begin at the one that is further away.
        bounds = [(">", after)] if after is not None and after >= prefix else [(">=", prefix)]
        if (end := prefix_end(prefix)) is not None:
            bounds.append(("<", end))
        conditions = "".join(f" AND key {comparison} ?" for comparison, _ in bounds)
        statement = f"{self._scan}{conditions} ORDER BY key LIMIT ?"
        rows = yield statement, (now, *(bound for _, bound in bounds), limit + 1)
        keys = [KeyInfo(name, seconds(expiration), metadata) for name, expiration, metadata in rows[:limit]]
        return Page(keys, complete=len(rows) <= limit)

    @program
    def every_row(self) -> Steps[dict[str, Row]]:
        """All rows, the expired ones among them."""
        rows = yield self._all, ()
        return {key: Row._make(row) for key, *row in rows}

    @program
    def damaged(self) -> Steps[list[tuple[Any, str]]]:
        """The key, whatever that is, and the fault of every row that is left out of all answers."""
        rows = (yield self._damaged, ()) if self._damaged else []
        return [(key, fault) for key, fault in rows]

    @program
    def contents(self) -> Steps[set[Any]]:
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
