"""What one request on the KV wire asks, and the reply to it, however the bytes are carried."""

import json
from typing import NamedTuple

from kvstore import KVError, StoreError
from kvstore.errors import NamespaceIdError
from kvstore.javascript.json_text import parse, stringify
from kvstore.storage.storage import Lifetime, Listing, Storage
from kvstore.store import Verb
from worker.kvwire.parameters import BulkGet, Query, key_in_path

NAMESPACE_HEADER = "x-kv-namespace"
METADATA_HEADER = "cf-kv-metadata"
EXPIRATION_HEADER = "cf-expiration"

# In the place of a status: of this error the Worker is to see the text alone. What workerd's binding puts
# before it our modules around the Worker take off.
WITHOUT_PREFIX = 598

_JSON = "application/json"


class Asked(NamedTuple):
    """``path`` and ``query`` are as they came, still escaped; ``metadata`` is the header's JSON text."""

    method: str
    path: bytes
    query: bytes = b""
    metadata: str | None = None
    body: bytes = b""

    @property
    def verb(self) -> Verb | None:
        """The operation of a store that this is; None when the protocol has no such request."""
        match self.method, self.path:
            case "GET", b"/":
                return "scan"
            case "POST", b"/bulk/get":
                return "get_many"
            case "GET", _:
                return "get"
            case "PUT", _:
                return "put"
            case "DELETE", _:
                return "delete"
        return None


class Reply(NamedTuple):
    """``reason`` becomes the message that the Worker sees, of what failed; None for the usual text."""

    status: int
    body: bytes = b""
    kind: str | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    reason: str | None = None


async def answer(storage: Storage, asked: Asked) -> Reply:
    """Carry out what is asked. Raises KVError and StoreError: `refused` is the reply then."""
    match asked.verb:
        case "scan":
            return await _list(storage, Query(asked.query))
        case "get_many":
            return await _get_many(storage, asked.body)
        case "get":
            return await _get(storage, asked)
        case "put":
            key, lifetime, metadata = to_put(asked)
            await storage.put(key, asked.body, lifetime, metadata)
            return Reply(200)
        case "delete":
            await storage.delete(key_in_path(asked.path, Query(asked.query), "DELETE"))
            return Reply(200)
    return failed(405, f"The KV protocol has no {asked.method} {asked.path.decode('latin-1')}")


def to_put(asked: Asked) -> tuple[str, Lifetime, str | None]:
    """The key, the lifetime and the metadata of a put. Raises KVError."""
    query = Query(asked.query)
    key = key_in_path(asked.path, query, "PUT")
    return key, Lifetime(query.integer("expiration"), query.integer("expiration_ttl")), asked.metadata


def refused(error: KVError | StoreError) -> Reply:
    """The reply for an error."""
    if isinstance(error, KVError):
        if error.code == "invocation-limit":
            return Reply(WITHOUT_PREFIX, reason=error.message)
        return failed(error.status, error.reason)
    return failed(400 if isinstance(error, NamespaceIdError) else 500, str(error)[:512])


def failed(status: int, text: str) -> Reply:
    """An error: ``text`` in the status line, for workerd, and in the body, for people."""
    return Reply(status, text.encode("utf-8", "replace"), "text/plain", reason=text)


async def _get(storage: Storage, asked: Asked) -> Reply:
    query = Query(asked.query)
    entry = await storage.get(key_in_path(asked.path, query, "GET"), query.integer("cache_ttl"))
    if entry is None:
        return failed(404, "Not Found")
    headers: list[tuple[str, bytes]] = []
    if entry.expiration is not None:
        headers.append((EXPIRATION_HEADER, b"%d" % entry.expiration))
    if entry.metadata is not None:
        # Anyone can have written the folder: a header must have no line breaks, which JSON may have.
        headers.append((METADATA_HEADER, str(stringify(parse(entry.metadata))).encode()))
    return Reply(200, entry.value, "application/octet-stream", tuple(headers))


async def _list(storage: Storage, query: Query) -> Reply:
    prefix, cursor = query.text("prefix"), query.given("cursor")
    found = _listing(await storage.list(prefix, cursor, query.integer("key_count_limit")))
    return Reply(200, json.dumps(found).encode(), _JSON)


def _listing(page: Listing) -> dict[str, object]:
    keys = []
    for info in page.keys:
        shown: dict[str, object] = {"name": info.name}
        if info.expiration is not None:
            shown["expiration"] = info.expiration
        if info.metadata is not None:
            shown["metadata"] = info.metadata  # JSON text: workerd parses it
        keys.append(shown)
    more = {} if page.cursor is None else {"cursor": page.cursor}
    return {"keys": keys, "list_complete": page.cursor is None} | more | {"cacheStatus": None}


async def _get_many(storage: Storage, body: bytes) -> Reply:
    asked = BulkGet.read(body)
    return _json(await storage.get_many(asked.keys, asked.options, with_metadata=asked.with_metadata))


def _json(value: object) -> Reply:
    return Reply(200, str(stringify(value)).encode(), _JSON)
