"""wrangler's own local store: a row in SQLite for every key, and a file for every value.

Read and written live, beside a running wrangler: transactions are short, and a lock that another process
holds is waited for. A value file is written before its row and removed after the row's commit, so that a
crash leaves at most an orphaned file, never an entry without a value.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from kvstore.clock import Clock, SystemClock
from kvstore.database import Database
from kvstore.entries_sql import EntriesSql, Row, is_expired, milliseconds, seconds
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.errors import StateError, StoreError
from kvstore.inline import InlineDatabase
from kvstore.state_names import blob_path, database_path
from kvstore.store import Entry, Page

STATE_SQL: Final = EntriesSql("_mf_entries", "blob_id", "TEXT")
_SETUP: Final = ("PRAGMA journal_mode = WAL", *STATE_SQL.schema)

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
        self.blobs = blob_path(root, namespace)
        self._clock = clock or SystemClock()
        self._entropy = entropy or SystemEntropy()
        self._opener = opener
        self._database: Database | None = None

    @property
    def clock(self) -> Clock:
        return self._clock

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        return (await self.get_many([key])).get(key)

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        database = await self._existing()
        if database is None:
            return {}
        found: dict[str, Entry] = {}
        for key, row in (await database.read(STATE_SQL.get_many(keys))).items():
            now = self._clock.now_ms()
            if is_expired(row.expiration, now):
                self._remove(await database.write(STATE_SQL.drop_expired(key, now)))
            elif (value := self._value(row)) is not None:
                found[key] = Entry(value, seconds(row.expiration), row.metadata)
        return found

    async def put(self, key: str, entry: Entry) -> None:
        database = await self._created()
        row = Row(self._keep(entry.value), milliseconds(entry.expiration), entry.metadata)
        try:
            before = await database.write(STATE_SQL.put(key, row))
        except BaseException:
            self._remove([row.content])
            raise
        self._remove([before] if before else [])

    async def delete(self, key: str) -> None:
        database = await self._existing()
        if database is not None:
            self._remove(await database.write(STATE_SQL.delete(key)))

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        database = await self._existing()
        if database is None:
            return Page([], complete=True)
        now = self._clock.now_ms()
        if await database.read(STATE_SQL.any_expired(now)):
            self._remove(await database.write(STATE_SQL.purge(now)))
        return await database.read(STATE_SQL.scan(prefix, after, limit, now))

    async def rows(self) -> dict[str, Row]:
        """Every row as stored, in key order, the expired ones among them."""
        database = await self._existing()
        return {} if database is None else await database.read(STATE_SQL.every_row())

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
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.blobs.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StateError(f"cannot create {error.filename}: {error.strerror}") from error
            self._database = await self._opener(self.path, _SETUP)
        return self._database

    def _keep(self, value: bytes) -> str:
        """Write a value file and return its name: 32 random bytes and the time, in hexadecimal."""
        name = self._entropy.token(32).hex() + self._clock.now_ms().to_bytes(8, "big").hex()
        try:
            (self.blobs / name).write_bytes(value)
        except OSError as error:
            raise StoreError(f"cannot write {self.blobs / name}: {error.strerror}") from error
        return name

    def _value(self, row: Row) -> bytes | None:
        """The value of a row; None when its file is missing, which reads as a missing key."""
        try:
            return Path(self.blobs, row.content).read_bytes()
        except FileNotFoundError:
            return None

    def _remove(self, names: Iterable[Any]) -> None:
        for name in names:
            (self.blobs / name).unlink(missing_ok=True)
