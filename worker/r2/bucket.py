"""A bucket in wrangler's state folder: a row in SQLite for every object, a file for its bytes.

Read and written live, beside a running wrangler, as kvstore.stores.state does it for namespaces: the file is
written before its row and removed after the row's commit. The layout is miniflare's (4.20260426).
"""

import asyncio
import base64
import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.privacy import make_folder
from kvstore.sql.database import Database, Lookup, Rows, Steps, program
from kvstore.sql.open_databases import OpenDatabases
from kvstore.stores.state_names import blob_path, object_id
from kvstore.stores.value_files import ValueFiles
from worker.r2 import errors
from worker.r2.stored import ALGORITHMS, Stored

OBJECT_FOLDER: Final = "miniflare-R2BucketObject"
MOST_KEYS: Final = 1000
_LONGEST_KEY: Final = 1024  # bytes
_MOST_METADATA: Final = 2048  # bytes of all names and values
_MOST_WITH_METADATA: Final = 100  # objects of a page that is to show metadata
_COLUMNS: Final = "key, blob_id, version, size, etag, uploaded, checksums, http_metadata, custom_metadata"
_SETUP: Final = (
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
_RANGE: Final = re.compile(r"\s*bytes\s*=\s*([0-9]*)\s*-\s*([0-9]*)\s*", re.IGNORECASE)

Request = dict[str, Any]


class Answer(NamedTuple):
    """``described`` is JSON as the binding's wire has it, ``body`` the bytes that were asked for."""

    described: Any = None
    body: bytes = b""


Service = Callable[[Request, bytes], Awaitable[Answer]]
"""Carries out what the binding asks, in the form of its wire. Raises R2Error and StoreError."""


def database_path(root: Path, bucket: str) -> Path:
    return root / OBJECT_FOLDER / f"{object_id(bucket, OBJECT_FOLDER)}.sqlite"


@dataclass(frozen=True, slots=True)
class _Span:
    """The bytes from ``offset`` on, ``length`` of them."""

    offset: int
    length: int

    def shown(self) -> dict[str, int]:
        return {"offset": self.offset, "length": self.length}


class Bucket:
    """The bucket ``name`` in the folder ``root`` (``<persist root>/v3/r2``); a Service.

    Nothing is created before the first write. Raises StateError when the database cannot be used.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        databases: OpenDatabases,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
    ) -> None:
        self.path = database_path(root, name)
        self._clock = clock or SystemClock()
        self._entropy = entropy or SystemEntropy()
        self._files = ValueFiles(blob_path(root, name), self._clock, self._entropy)
        self._databases = databases
        self._opening = asyncio.Lock()
        self._database: Database | None = None

    async def __call__(self, request: Request, body: bytes = b"") -> Answer:
        method = request.get("method")
        for key in _keys(request):
            if len(key.encode("utf-8", "surrogatepass")) > _LONGEST_KEY:
                raise errors.invalid_key()
        if method == "head":
            found = await self._found(request["object"])
            return Answer(found.whole())
        if method == "get":
            return await self._get(request)
        if method == "put":
            return await self._put(request, body)
        if method == "delete":
            return await self._delete(_keys(request))
        if method == "list":
            return await self._list(request)
        raise errors.not_emulated(str(method))

    async def count(self) -> int:
        """How many objects there are."""
        database = await self._opened(create=False)
        if database is None:
            return 0
        counted: int = (await database.read(Lookup("SELECT count(*) FROM _mf_objects", ())))[0]
        return counted

    async def _opened(self, *, create: bool) -> Database | None:
        async with self._opening:
            if self._database is None and (create or self.path.exists()):
                make_folder(self.path.parent)
                self._database = await self._databases.open(self.path, _SETUP)
            return self._database

    async def _found(self, key: str) -> Stored:
        database = await self._opened(create=False)
        row: Any = None
        if database is not None:
            row = await database.read(_one(key))
        if row is None:
            raise errors.no_such_key()
        return Stored.of_row(row)

    async def _get(self, request: Request) -> Answer:
        found = await self._found(request["object"])
        if not _holds(request.get("onlyIf"), found):
            raise errors.precondition_failed(found)
        span = _span(request, found.size)
        content = await self._content(found)
        if content is None:  # replaced since its row was read, or lost
            again = await self._found(found.key)
            content = None if again.version == found.version else await self._content(again)
            found, span = again, _span(request, again.size)
        if content is None:
            raise errors.no_such_key()
        return Answer(found.described(span.shown()), content[span.offset : span.offset + span.length])

    async def _content(self, found: Stored) -> bytes | None:
        if found.blob is not None:
            return self._files.read(found.blob)
        database = await self._opened(create=False)
        assert database is not None, "an object was found there"
        parts = [self._files.read(name) for name in await database.read(_parts(found.key))]
        return None if None in parts else b"".join(part for part in parts if part is not None)

    async def _put(self, request: Request, body: bytes) -> Answer:
        custom = {one["k"]: one["v"] for one in request.get("customFields") or ()}
        if sum(map(_length, (*custom, *custom.values()))) > _MOST_METADATA:
            raise errors.metadata_too_large()
        database = await self._opened(create=True)
        assert database is not None, "it has been made"
        checksums = _checked(request, body)
        self._files.create()
        stored = Stored(
            key=request["object"],
            blob=await asyncio.to_thread(self._files.keep, body),
            version=self._entropy.token(16).hex(),
            size=len(body),
            etag=hashlib.md5(body, usedforsecurity=False).hexdigest(),
            uploaded=self._clock.now_ms(),
            checksums=checksums,
            http=_http(request.get("httpFields") or {}),
            custom=custom,
        )
        try:
            replaced = await database.write(_replace(stored, request.get("onlyIf")))
        except Exception:
            self._files.remove([str(stored.blob)])
            raise
        self._files.remove(replaced)
        return Answer(stored.described())

    async def _delete(self, keys: Iterable[str]) -> Answer:
        database = await self._opened(create=False)
        if database is not None:
            self._files.remove(await database.write(_remove(tuple(keys))))
        return Answer()

    async def _list(self, request: Request) -> Answer:
        limit = request.get("limit", MOST_KEYS)
        if not 1 <= limit <= MOST_KEYS:
            raise errors.too_many_keys()
        include = frozenset(_INCLUDED[one] for one in request.get("include") or ())
        limit = min(limit, _MOST_WITH_METADATA) if include else limit
        after = max((one for one in (request.get("startAfter"), _read_cursor(request)) if one), default=None)
        database = await self._opened(create=False)
        prefix, delimiter = request.get("prefix") or "", request.get("delimiter") or ""
        page = _Page([], [], None)
        if database is not None:
            page = await database.read(_page(prefix, delimiter, after, limit))
        listed = {
            "objects": [one.described(include=include) for one in page.objects],
            "truncated": page.last is not None,
            "delimitedPrefixes": page.prefixes,
        }
        if page.last is not None:
            listed["cursor"] = base64.b64encode(page.last.encode()).decode()
        return Answer(listed)


_INCLUDED: Final = {0: "httpMetadata", 1: "customMetadata"}


class _Page(NamedTuple):
    """``last`` is the last key that the page speaks for, None when it is the last page."""

    objects: list[Stored]
    prefixes: list[str]
    last: str | None


def _one(key: str) -> Lookup:
    return Lookup(f"SELECT {_COLUMNS} FROM _mf_objects WHERE key = ?", (key,))


@program
def _parts(key: str) -> Steps[list[str]]:
    rows: Rows = yield (
        "SELECT blob_id FROM _mf_multipart_parts WHERE object_key = ? ORDER BY part_number",
        (key,),
    )
    return [row[0] for row in rows]


@program
def _replace(stored: Stored, only_if: Any) -> Steps[list[str]]:
    """The result is the files that are no longer needed. Raises R2Error when the condition does not hold."""
    rows = yield f"SELECT {_COLUMNS} FROM _mf_objects WHERE key = ?", (stored.key,)
    if not _holds(only_if, Stored.of_row(rows[0]) if rows else None):
        raise errors.precondition_failed()
    unneeded = yield from _unneeded(stored.key)
    places = ", ".join("?" * len(_COLUMNS.split(",")))
    yield f"INSERT OR REPLACE INTO _mf_objects ({_COLUMNS}) VALUES ({places})", stored.row()
    return unneeded


@program
def _remove(keys: tuple[str, ...]) -> Steps[list[str]]:
    unneeded: list[str] = []
    for key in keys:
        unneeded += yield from _unneeded(key)
        yield "DELETE FROM _mf_objects WHERE key = ?", (key,)
    return unneeded


def _unneeded(key: str) -> Steps[list[str]]:
    """The files of an object that goes; the rows of its parts go, too."""
    rows = yield "SELECT blob_id FROM _mf_objects WHERE key = ? AND blob_id NOTNULL", (key,)
    parts = yield "DELETE FROM _mf_multipart_parts WHERE object_key = ? RETURNING blob_id", (key,)
    return [row[0] for row in (*rows, *parts)]


@program
def _page(prefix: str, delimiter: str, after: str | None, limit: int) -> Steps[_Page]:
    """A page of at most ``limit`` objects and common prefixes, all in the order of their keys."""
    objects: list[Stored] = []
    prefixes: list[str] = []
    last = after
    while True:
        rows = yield (
            f"SELECT {_COLUMNS} FROM _mf_objects WHERE key >= ? AND substr(key, 1, length(?)) = ? "
            "AND (? IS NULL OR key > ?) ORDER BY key LIMIT ?",
            (prefix, prefix, prefix, last, last, MOST_KEYS),
        )
        for row in map(Stored.of_row, rows):
            cut = row.key.find(delimiter, len(prefix)) if delimiter else -1
            group = None if cut < 0 else row.key[: cut + len(delimiter)]
            if group is None or group not in prefixes[-1:]:
                if len(objects) + len(prefixes) == limit:
                    return _Page(objects, prefixes, last)
                objects += [row] if group is None else []
                prefixes += [] if group is None else [group]
            last = row.key
        if len(rows) < MOST_KEYS:
            return _Page(objects, prefixes, None)


def _keys(request: Request) -> list[str]:
    if "objects" in request:
        return list(request["objects"])
    return [request["object"]] if "object" in request else []


def _length(text: str) -> int:
    """Of a name or value of custom metadata: twice as long once it has other characters than Latin-1's."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return units if all(ord(one) < 256 for one in text) else 2 * units


def _http(fields: dict[str, Any]) -> dict[str, Any]:
    expiry = fields.get("cacheExpiry")
    return fields if expiry is None else {**fields, "cacheExpiry": int(expiry)}


def _checked(request: Request, body: bytes) -> dict[str, str]:
    """The checksums that were given, in hexadecimal; on the wire MD5 is in base64. Raises R2Error."""
    checked = {}
    for name, words in ALGORITHMS.items():
        if name not in request:
            continue
        given = base64.b64decode(request[name]).hex() if name == "md5" else request[name].lower()
        actual = hashlib.new(name, body, usedforsecurity=False).hexdigest()
        if given != actual:
            raise errors.bad_digest(words, given, actual)
        checked[name] = actual
    return checked


def _holds(condition: dict[str, Any] | None, found: Stored | None) -> bool:
    """Whether an operation may go on. As in RFC 9110, a tag decides before a time."""
    if condition is None:
        return True
    matches, differs = condition.get("etagMatches"), condition.get("etagDoesNotMatch")
    before, after = condition.get("uploadedBefore"), condition.get("uploadedAfter")
    if found is None:
        return matches is None and after is None
    unit = 1000 if condition.get("secondsGranularity") else 1
    moment = found.uploaded // unit
    is_match = matches is None or any(_is_tag(one, found.etag, weakly=False) for one in matches)
    is_other = differs is None or not any(_is_tag(one, found.etag, weakly=True) for one in differs)
    is_after = after is None or int(after) // unit < moment or (differs is not None and is_other)
    is_before = before is None or moment < int(before) // unit or (matches is not None and is_match)
    return is_match and is_other and is_after and is_before


def _is_tag(given: dict[str, str], etag: str, *, weakly: bool) -> bool:
    if given["type"] == "wildcard":
        return True
    return given["value"] == etag and (weakly or given["type"] == "strong")


def _span(request: Request, size: int) -> _Span:
    """The bytes that are asked for; a header that cannot be met is ignored. Raises R2Error."""
    if "rangeHeader" in request:
        return _span_of_header(request["rangeHeader"], size)
    given = request.get("range")
    if given is None:
        return _Span(0, size)
    offset, length, suffix = (
        None if given.get(name) is None else int(given[name]) for name in ("offset", "length", "suffix")
    )
    if suffix is not None:
        if suffix <= 0:
            raise errors.unsatisfiable()
        length = min(suffix, size)
        offset = size - length
    offset = offset or 0
    length = size - offset if length is None else length
    if not 0 <= offset <= size or length <= 0:
        raise errors.unsatisfiable()
    return _Span(offset, min(length, size - offset))


def _span_of_header(header: str, size: int) -> _Span:
    match = _RANGE.fullmatch(header)
    first, last = match.groups() if match else ("", "")
    if first:
        end = min(int(last) if last else math.inf, size - 1)
        if int(first) <= end:
            return _Span(int(first), int(end) - int(first) + 1)
    elif last and int(last):
        return _Span(max(0, size - int(last)), min(size, int(last)))
    return _Span(0, size)


def _read_cursor(request: Request) -> str | None:
    try:
        return base64.b64decode(request.get("cursor") or "").decode()
    except ValueError:
        return None
