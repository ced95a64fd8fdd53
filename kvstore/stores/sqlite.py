"""Our own store: one namespace in one SQLite table, on disk or in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from kvstore.clock import Clock, SystemClock
from kvstore.errors import StoreError
from kvstore.sql.database import Database
from kvstore.sql.entries import EntriesSql, Row, is_expired, milliseconds, seconds
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase
from kvstore.store import Entry, Page

# The value comes last: a listing then reads what is before it, however long the value.
_COLUMNS: Final = "key TEXT PRIMARY KEY, expiration INTEGER, metadata TEXT, value BLOB NOT NULL"
SQL: Final = EntriesSql("entries", "value", _COLUMNS, removed="NULL")
# FULL makes a commit survive a power cut, not only a crash of the process.
SETUP: Final = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *SQL.schema)


class SqliteStore:
    """Entries in SQLite, with the expiry rules of the product.

    Make one with `in_memory`, `open` (on this thread) or `pooled` (behind aiosqlite). Reading an expired
    entry removes it, and a scan removes all that have expired, as Miniflare does.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock

    @classmethod
    def in_memory(cls, clock: Clock | None = None) -> Self:
        return cls(InlineDatabase(":memory:", SQL.schema), clock or SystemClock())

    @classmethod
    def open(cls, path: Path | str, clock: Clock | None = None) -> Self:
        """Open or create the file ``path``. Raises StateError when it cannot be used."""
        return cls(InlineDatabase(path, SETUP), clock or SystemClock())

    @classmethod
    async def pooled(cls, path: Path | str, clock: Clock | None = None) -> Self:
        """As `open`, for a server: the disk is waited for on other threads."""
        return cls(await PooledDatabase.open(path, SETUP), clock or SystemClock())

    def fork(self, clock: Clock | None = None) -> "SqliteStore":
        """A copy in memory, as of now. Only of a store on this thread; raises StoreError otherwise."""
        if not isinstance(self.database, InlineDatabase):
            raise StoreError("only a store on the calling thread can be forked")
        return SqliteStore(self.database.fork(), clock or self._clock)

    @property
    def clock(self) -> Clock:
        return self._clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        row = await self.database.read(SQL.get(key))
        if row is None:
            return None
        content, expiration, metadata = row
        if expiration is None:
            return Entry(content, None, metadata)
        if is_expired(expiration, now := self._clock.now_ms()):
            await self.database.write(SQL.drop_expired(key, now))
            return None
        return Entry(content, seconds(expiration), metadata)

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        rows = await self.database.read(SQL.get_many(keys))
        now = self._clock.now_ms()
        for key in [key for key, row in rows.items() if is_expired(row.expiration, now)]:
            await self.database.write(SQL.drop_expired(key, now))
            del rows[key]
        return {key: _entry(row) for key, row in rows.items()}

    async def put(self, key: str, entry: Entry) -> None:
        await self.database.write(SQL.put([(key, _row(entry))]))

    async def put_many(self, entries: Mapping[str, Entry]) -> None:
        """Put all or none, in one transaction: how a namespace is filled."""
        await self.database.write(SQL.put([(key, _row(entry)) for key, entry in entries.items()]))

    async def delete(self, key: str) -> None:
        await self.database.write(SQL.delete(key))

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        now = self._clock.now_ms()
        if await self.database.read(SQL.any_expired(now)):
            await self.database.write(SQL.purge(now))
        return await self.database.read(SQL.scan(prefix, after, limit, now))

    async def entries(self) -> dict[str, Entry]:
        """Everything that a reader could see now, in key order."""
        now = self._clock.now_ms()
        rows = await self.database.read(SQL.every_row())
        return {key: _entry(row) for key, row in rows.items() if not is_expired(row.expiration, now)}

    async def rows(self) -> dict[str, Entry]:
        """Everything stored, in key order, with what has expired and was not yet removed."""
        return {key: _entry(row) for key, row in (await self.database.read(SQL.every_row())).items()}

    async def close(self) -> None:
        await self.database.close()


def _entry(row: Row) -> Entry:
    return Entry(row.content, seconds(row.expiration), row.metadata)


def _row(entry: Entry) -> Row:
    return Row(entry.value, milliseconds(entry.expiration), entry.metadata)
