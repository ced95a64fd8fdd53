"""A bucket in wrangler's state folder: a row in SQLite for every object, a file for its bytes.

Read and written live, beside a running wrangler, as kvstore.stores.state does it for namespaces: the file is
written before its row and removed after the row's commit. The layout is miniflare's (4.20260426).
"""

import asyncio
import base64
import hashlib
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.privacy import make_folder
from kvstore.sql.database import Database, Lookup
from kvstore.sql.open_databases import OpenDatabases
from kvstore.stores.state_names import blob_path, object_id
from kvstore.stores.value_files import ValueFiles
from worker.r2 import errors, rows, uploads
from worker.r2.condition import holds
from worker.r2.stored import ALGORITHMS, Stored

OBJECT_FOLDER: Final = "miniflare-R2BucketObject"
MOST_KEYS: Final = 1000
_LONGEST_KEY: Final = 1024  # bytes
_MOST_METADATA: Final = 2048  # bytes of all names and values
_MOST_WITH_METADATA: Final = 100  # objects of a page that is to show metadata
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
        self._methods: dict[str, Service] = {
            "head": self._head,
            "get": self._get,
            "put": self._put,
            "delete": self._delete,
            "list": self._list,
            "createMultipartUpload": self._create_upload,
            "uploadPart": self._upload_part,
            "completeMultipartUpload": self._complete_upload,
            "abortMultipartUpload": self._abort_upload,
        }

    async def __call__(self, request: Request, body: bytes = b"") -> Answer:
        for key in _keys(request):
            if len(key.encode("utf-8", "surrogatepass")) > _LONGEST_KEY:
                raise errors.R2Error(*errors.INVALID_KEY)
        method = self._methods.get(str(request.get("method")))
        if method is None:
            raise errors.R2Error(*errors.MALFORMED)
        return await method(request, body)

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
                self._database = await self._databases.open(self.path, rows.SETUP)
            return self._database

    async def _found(self, key: str) -> Stored:
        database = await self._opened(create=False)
        row: Any = None
        if database is not None:
            row = await database.read(rows.one(key))
        if row is None:
            raise errors.R2Error(*errors.NO_SUCH_KEY)
        return Stored.of_row(row)

    async def _head(self, request: Request, _body: bytes) -> Answer:
        return Answer((await self._found(request["object"])).whole())

    async def _get(self, request: Request, _body: bytes) -> Answer:
        found = await self._found(request["object"])
        if not holds(request.get("onlyIf"), found):
            raise errors.precondition_failed(found)
        span = _span(request, found.size)
        content = await self._content(found)
        if content is None:  # replaced since its row was read, or lost
            again = await self._found(found.key)
            content = None if again.version == found.version else await self._content(again)
            found, span = again, _span(request, again.size)
        if content is None:
            raise errors.R2Error(*errors.NO_SUCH_KEY)
        return Answer(found.described(span.shown()), content[span.offset : span.offset + span.length])

    async def _content(self, found: Stored) -> bytes | None:
        if found.blob is not None:
            return self._files.read(found.blob)
        database = await self._opened(create=False)
        assert database is not None, "an object was found there"
        parts = [self._files.read(name) for name in await database.read(rows.blobs(found.key))]
        return None if None in parts else b"".join(part for part in parts if part is not None)

    async def _put(self, request: Request, body: bytes) -> Answer:
        custom = _custom(request)
        if sum(map(_length, (*custom, *custom.values()))) > _MOST_METADATA:
            raise errors.R2Error(*errors.METADATA_TOO_LARGE)
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
            replaced = await database.write(rows.replace(stored, request.get("onlyIf")))
        except Exception:
            self._files.remove([str(stored.blob)])
            raise
        self._files.remove(replaced)
        return Answer(stored.described())

    async def _create_upload(self, request: Request, _body: bytes) -> Answer:
        database = await self._opened(create=True)
        assert database is not None, "it has been made"
        http, custom = _http(request.get("httpFields") or {}), _custom(request)
        upload = uploads.Upload(request["object"], self._identity())
        await database.write(uploads.create(upload, http, custom))
        return Answer({"uploadId": upload.id})

    async def _upload_part(self, request: Request, body: bytes) -> Answer:
        database = await self._opened(create=False)
        if database is None:
            raise errors.R2Error(*errors.NO_SUCH_UPLOAD)
        self._files.create()
        part = uploads.Part(
            number=int(request["partNumber"]),
            blob=await asyncio.to_thread(self._files.keep, body),
            size=len(body),
            etag=self._identity(),
            md5=hashlib.md5(body, usedforsecurity=False).hexdigest(),
        )
        try:
            replaced = await database.write(uploads.keep(_upload(request), part))
        except Exception:
            self._files.remove([part.blob])
            raise
        self._files.remove(replaced)
        return Answer({"etag": part.etag})

    async def _complete_upload(self, request: Request, _body: bytes) -> Answer:
        database = await self._opened(create=False)
        if database is None:
            raise errors.R2Error(*errors.INTERNAL)
        chosen = [(int(one["part"]), one["etag"]) for one in request["parts"]]
        version, now = self._entropy.token(16).hex(), self._clock.now_ms()
        done = await database.write(uploads.complete(_upload(request), chosen, version, now))
        self._files.remove(done.unneeded)
        return Answer(done.stored.described())

    async def _abort_upload(self, request: Request, _body: bytes) -> Answer:
        database = await self._opened(create=False)
        if database is None:
            raise errors.R2Error(*errors.INTERNAL)
        self._files.remove(await database.write(uploads.abort(_upload(request))))
        return Answer()

    def _identity(self) -> str:
        return base64.urlsafe_b64encode(self._entropy.token(128)).decode().rstrip("=")

    async def _delete(self, request: Request, _body: bytes) -> Answer:
        database = await self._opened(create=False)
        if database is not None:
            self._files.remove(await database.write(rows.remove(tuple(_keys(request)))))
        return Answer()

    async def _list(self, request: Request, _body: bytes) -> Answer:
        limit = request.get("limit", MOST_KEYS)
        if not 1 <= limit <= MOST_KEYS:
            raise errors.R2Error(*errors.TOO_MANY_KEYS)
        include = frozenset(_INCLUDED[one] for one in request.get("include") or ())
        limit = min(limit, _MOST_WITH_METADATA) if include else limit
        after = max((one for one in (request.get("startAfter"), _read_cursor(request)) if one), default=None)
        database = await self._opened(create=False)
        prefix, delimiter = request.get("prefix") or "", request.get("delimiter") or ""
        page = rows.Page([], [], None)
        if database is not None:
            page = await database.read(rows.page(prefix, delimiter, after, limit))
        listed = {
            "objects": [one.described(include=include) for one in page.objects],
            "truncated": page.last is not None,
            "delimitedPrefixes": page.prefixes,
        }
        if page.last is not None:
            listed["cursor"] = base64.b64encode(page.last.encode()).decode()
        return Answer(listed)


_INCLUDED: Final = {0: "httpMetadata", 1: "customMetadata"}


def _keys(request: Request) -> list[str]:
    if "objects" in request:
        return list(request["objects"])
    return [request["object"]] if "object" in request else []


def _custom(request: Request) -> dict[str, str]:
    return {one["k"]: one["v"] for one in request.get("customFields") or ()}


def _upload(request: Request) -> uploads.Upload:
    return uploads.Upload(request["object"], request["uploadId"])


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
            raise errors.R2Error(*errors.UNSATISFIABLE)
        length = min(suffix, size)
        offset = size - length
    offset = offset or 0
    length = size - offset if length is None else length
    if not 0 <= offset <= size or length <= 0:
        raise errors.R2Error(*errors.UNSATISFIABLE)
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
