"""The rows of a bucket's database: its tables, miniflare's (4.20260426), and what is asked of them."""

from typing import Any, Final, NamedTuple

from kvstore.sql.database import Lookup, Rows, Statement, Steps, program
from worker.r2 import errors
from worker.r2.condition import holds
from worker.r2.stored import Stored

_COLUMNS: Final = "key, blob_id, version, size, etag, uploaded, checksums, http_metadata, custom_metadata"
_AT_ONCE: Final = 1000  # rows
SETUP: Final = (
    *("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"),
    """CREATE TABLE IF NOT EXISTS _mf_objects (key TEXT PRIMARY KEY, blob_id TEXT, version TEXT NOT NULL,
        size INTEGER NOT NULL, etag TEXT NOT NULL, uploaded INTEGER NOT NULL, checksums TEXT NOT NULL,
        http_metadata TEXT NOT NULL, custom_metadata TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS _mf_multipart_uploads (upload_id TEXT PRIMARY KEY, key TEXT NOT NULL,
        http_metadata TEXT NOT NULL, custom_metadata TEXT NOT NULL, state TINYINT DEFAULT 0 NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS _mf_multipart_parts (
        upload_id TEXT NOT NULL REFERENCES _mf_multipart_uploads(upload_id), part_number INTEGER NOT NULL,
        blob_id TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, checksum_md5 TEXT NOT NULL,
        object_key TEXT REFERENCES _mf_objects(key) DEFERRABLE INITIALLY DEFERRED,
        PRIMARY KEY (upload_id, part_number))""",
)


class Page(NamedTuple):
    """``last`` is the last key that the page speaks for, None when it is the last page."""

    objects: list[Stored]
    prefixes: list[str]
    last: str | None


def one(key: str) -> Lookup:
    return Lookup(f"SELECT {_COLUMNS} FROM _mf_objects WHERE key = ?", (key,))


def put(stored: Stored) -> Statement:
    places = ", ".join("?" * len(_COLUMNS.split(",")))
    return f"INSERT OR REPLACE INTO _mf_objects ({_COLUMNS}) VALUES ({places})", stored.row()


@program
def blobs(key: str) -> Steps[list[str]]:
    """The files of an object that was uploaded in parts, in their order."""
    rows: Rows = yield (
        "SELECT blob_id FROM _mf_multipart_parts WHERE object_key = ? ORDER BY part_number",
        (key,),
    )
    return [row[0] for row in rows]


@program
def replace(stored: Stored, only_if: Any) -> Steps[list[str]]:
    """The result is the files that are no longer needed. Raises R2Error when the condition does not hold."""
    rows = yield f"SELECT {_COLUMNS} FROM _mf_objects WHERE key = ?", (stored.key,)
    if not holds(only_if, Stored.of_row(rows[0]) if rows else None):
        raise errors.precondition_failed()
    unneeded = yield from let_go(stored.key)
    yield put(stored)
    return unneeded


@program
def remove(keys: tuple[str, ...]) -> Steps[list[str]]:
    unneeded: list[str] = []
    for key in keys:
        unneeded += yield from let_go(key)
        yield "DELETE FROM _mf_objects WHERE key = ?", (key,)
    return unneeded


def let_go(key: str) -> Steps[list[str]]:
    """The files of an object that goes; the rows of its parts go, too."""
    rows = yield "SELECT blob_id FROM _mf_objects WHERE key = ? AND blob_id NOTNULL", (key,)
    parts = yield "DELETE FROM _mf_multipart_parts WHERE object_key = ? RETURNING blob_id", (key,)
    return [row[0] for row in (*rows, *parts)]


@program
def page(prefix: str, delimiter: str, after: str | None, limit: int) -> Steps[Page]:
    """A page of at most ``limit`` objects and common prefixes, all in the order of their keys."""
    objects: list[Stored] = []
    prefixes: list[str] = []
    last = after
    while True:
        rows = yield (
            f"SELECT {_COLUMNS} FROM _mf_objects WHERE key >= ? AND substr(key, 1, length(?)) = ? "
            "AND (? IS NULL OR key > ?) ORDER BY key LIMIT ?",
            (prefix, prefix, prefix, last, last, _AT_ONCE),
        )
        for row in map(Stored.of_row, rows):
            cut = row.key.find(delimiter, len(prefix)) if delimiter else -1
            group = None if cut < 0 else row.key[: cut + len(delimiter)]
            if group is None or group not in prefixes[-1:]:
                if len(objects) + len(prefixes) == limit:
                    return Page(objects, prefixes, last)
                objects += [row] if group is None else []
                prefixes += [] if group is None else [group]
            last = row.key
        if len(rows) < _AT_ONCE:
            return Page(objects, prefixes, None)
