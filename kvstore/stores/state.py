"""wrangler's own local store: a row in SQLite for every key, and a file for every value.

Read and written live, beside a running wrangler: transactions are short, and a lock that another process
holds is waited for. A value file is written before its row and removed after the row's commit, so that a
crash leaves at most an orphaned file, never an entry without a value.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.errors import StateError, UnsureError
from kvstore.privacy import make_folder
from kvstore.sql.database import Change, Database
from kvstore.sql.entries import EntriesSql, Row, is_expired, milliseconds, seconds
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.staged import staging
from kvstore.store import Entry, Page
from kvstore.stores.state_names import blob_path, database_path
from kvstore.stores.value_files import ValueFiles

_COLUMNS: Final = "key TEXT PRIMARY KEY, blob_id TEXT NOT NULL, expiration INTEGER, metadata TEXT"
# SQLite keeps whatever type is written into a column; wrangler itself writes only these.
_FAULTS: Final = {
    "its key is not text": "typeof(key) <> 'text'",
    "the name of its value is not text": "typeof(blob_id) <> 'text'",
    "its expiration is not a whole number": "typeof(expiration) NOT IN ('integer', 'null')",
    "its metadata is not text": "typeof(metadata) NOT IN ('text', 'null')",
    "its metadata is not JSON": "metadata NOT NULL AND NOT json_valid(metadata)",
}
STATE_SQL: Final = EntriesSql("_mf_entries", "blob_id", _COLUMNS, removed="blob_id", faults=_FAULTS)
# As workerd, seen with strace: the log is synced at every commit, value files are left to the system. But the
# log is synced by the driver (kvstore.sql.write_ahead_log): wrangler's own writes meet a shorter lock.
_SETUP: Final = (
    *("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"),
    *STATE_SQL.schema,
    *staging(STATE_SQL.name, "blob_id"),
)

# A value file waits for its row for as long as a lock may be held: seconds. An hour is never that.
_ORPHAN_AGE_MS: Final = 60 * 60 * 1000

Opener = Callable[[Path, Iterable[str]], Awaitable[Database]]


class StateStore:
    """The namespace ``namespace`` in the state folder ``root`` (``<persist root>/v3/kv``).

    Nothing is created before the first write; until then the namespace is empty. ``opener`` chooses the
    driver: InlineDatabase.open or PooledDatabase.open. Raises StateError when the database cannot be used
    and StoreError when a value cannot be written.
    """

    def __init__(
        self,
        root: Path,
        namespace: str,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        opener: Opener = InlineDatabase.open,
    ) -> None:
        self.path = database_path(root, namespace)
        self._clock = clock or SystemClock()
        self._files = ValueFiles(blob_path(root, namespace), self._clock, entropy or SystemEntropy())
        self._opener = opener
        self._opening = asyncio.Lock()
        self._database: Database | None = None

    @property
    def blobs(self) -> Path:
        """The folder of the value files."""
        return self._files.folder

    @property
    def clock(self) -> Clock:
        return self._clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        database = self._database or await self._existing()
        if database is None:
            return None
        row = await database.read(STATE_SQL.get(key))
        if row is None:
            return None
        content, expiration, metadata = row
        if expiration is None or not is_expired(expiration, self._clock.now_ms()):
            value = self._files.read(content)
            if value is not None:
                return Entry(value, seconds(expiration), metadata)
        return (await self._found(database, [key], {})).get(key)  # which removes it, or asks again

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        database = await self._existing()
        return {} if database is None else await self._found(database, keys, {})

    async def _found(
        self, database: Database, keys: Sequence[str], missed: dict[str, Row]
    ) -> dict[str, Entry]:
        """The entries of ``keys``; ``missed`` holds rows that were read before and whose file was gone.

        A file can be gone because another put replaced it after its row was read: the key is then asked for
        again. One that is still named has been lost, and reads as a missing key.
        """
        found: dict[str, Entry] = {}
        gone: dict[str, Row] = {}
        for key, row in (await database.read(STATE_SQL.get_many(keys))).items():
            now = self._clock.now_ms()
            if is_expired(row.expiration, now):
                self._files.remove(await database.write(STATE_SQL.drop_expired(key, now)))
            elif (value := self._files.read(row.content)) is not None:
                found[key] = Entry(value, seconds(row.expiration), row.metadata)
            elif missed.get(key) != row:
                gone[key] = row
        return found | await self._found(database, list(gone), gone) if gone else found

    async def put(self, key: str, entry: Entry) -> None:
        await self.change_many({key: entry})

    async def change_many(self, changes: Mapping[str, Entry | None]) -> None:
        """Put, or delete where there is None, in one transaction: all or nothing."""
        database = await (self._created() if any(changes.values()) else self._existing())
        if database is None:
            return
        rows: dict[str, Row | None] = {}
        try:
            for key, entry in changes.items():
                rows[key] = None if entry is None else self._kept(entry)
            replaced: list[str] = await database.write(Change(rows))
        except UnsureError:  # the rows are there, and need their files
            raise
        except Exception:  # without CancelledError: the rows may be there then
            self._files.remove(row.content for row in rows.values() if row is not None)
            raise
        self._files.remove(replaced)

    def _kept(self, entry: Entry) -> Row:
        return Row(self._files.keep(entry.value), milliseconds(entry.expiration), entry.metadata)

    async def delete(self, key: str) -> None:
        await self.change_many({key: None})

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        database = await self._existing()
        if database is None:
            return Page([], complete=True)
        now = self._clock.now_ms()
        if await database.read(STATE_SQL.any_expired(now)):
            self._files.remove(await database.write(STATE_SQL.purge(now)))
        return await database.read(STATE_SQL.scan(prefix, after, limit, now))

    async def rows(self) -> dict[str, Row]:
        """Every row as stored, in key order, the expired ones among them."""
        database = await self._existing()
        return {} if database is None else await database.read(STATE_SQL.every_row())

    async def damaged(self) -> list[str]:
        """The keys of damaged rows, each with what is wrong; other methods do not see them."""
        database = await self._existing()
        rows = [] if database is None else await database.read(STATE_SQL.damaged())
        return [damage(key, fault) for key, fault in rows]

    async def sweep(self) -> int:
        """Remove the value files that crashes left behind, and say how many.

        Only files that no namespace of the folder names, and that are older than an hour, so that nothing
        another process is about to name is touched, and none when a namespace beside this one cannot be read.
        """
        database = await self._existing()
        # The files first: one that is named only after this is too young to be among them.
        orphans = set() if database is None else self._files.older_than(_ORPHAN_AGE_MS)
        if database is None or not orphans:
            return 0
        orphans -= await database.read(STATE_SQL.contents())
        for other in self.path.parent.glob("*.sqlite"):  # whose ids may share this one's folder of values
            if orphans and other != self.path:
                orphans -= _contents(other, orphans)
        self._files.remove(orphans)
        return len(orphans)

    async def close(self) -> None:
        if self._database is not None:
            await self._database.close()
            self._database = None

    async def _existing(self) -> Database | None:
        if self._database is None and not self.path.exists():
            return None
        return await self._created()

    async def _created(self) -> Database:
        if self._database is None:
            async with self._opening:
                if self._database is None:
                    self._database = await self._open()
        return self._database

    async def _open(self) -> Database:
        self._files.create()
        try:
            make_folder(self.path.parent)
        except OSError as error:
            raise StateError(f"cannot create {error.filename}: {error.strerror}") from error
        return await self._opener(self.path, _SETUP)


def damage(key: object, fault: str) -> str:
    """A damaged row in words."""
    return f"{key!r}: {fault}"


def _contents(path: Path, asked: set[str]) -> set[str]:
    """The value files that a database names: none without entries, all of ``asked`` if it is damaged."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_mf_entries'").fetchone():
                return set()
            return {name for (name,) in connection.execute("SELECT blob_id FROM _mf_entries")}
    except sqlite3.Error:
        return asked
