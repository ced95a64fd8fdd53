"""The KV binding's own HTTP, as an ASGI app.

    GET    /<key>?urlencoded=true[&cache_ttl=]                     the value; metadata in CF-KV-Metadata
    PUT    /<key>?urlencoded=true[&expiration=][&expiration_ttl=]  the value in the body, metadata as above
    DELETE /<key>?urlencoded=true
    GET    /?[key_count_limit=][&prefix=][&cursor=]                one page of keys, as JSON
    POST   /bulk/get                                               many values, as JSON

404 means that a key is missing. Of any other error the status and its text become the message that the
Worker sees: ``KV PUT failed: 413 Value length of …``. Source: requests of workerd 1.20260426, recorded.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kvstore import LIMITS, KVError, Limits, Store, StoreError
from kvstore.javascript.json_text import parse, stringify
from kvstore.messages import long_value_text
from kvstore.storage.storage import Lifetime, Listing, Storage
from worker.kvwire.parameters import BulkGet, Query, bad_request, key_in_path
from worker.kvwire.status_text import status_text
from worker.serving import LOCAL_HOSTS, BodyTooLarge, Guard, Refusal, answer_unread, read_body

NAMESPACE_HEADER: Final = "x-kv-namespace"
METADATA_HEADER: Final = "cf-kv-metadata"
EXPIRATION_HEADER: Final = "cf-expiration"

# The name under which workerd asks the service of a KV binding, wherever that is.
_WORKERD_ASKS: Final = "fake-host"
_NO_SNIFFING: Final = (b"x-content-type-options", b"nosniff")
_HANG_UP_SECONDS: Final = 0.02
# The product names the whole size of a value that is too large, also of one that comes in chunks.
_COUNTING_SECONDS: Final = 2.0
_MOST_STORAGES: Final = 1000
_BULK_SIZE: Final = 1024 * 1024  # bytes of JSON: more than a hundred of the longest keys

Resolver = Callable[[str], Store]
StorageMaker = Callable[[Store, Limits], Storage]


def create_kv_app(
    resolver: Resolver,
    limits: Limits = LIMITS,
    storage: StorageMaker = Storage,
    *,
    token: str | None = None,
) -> Starlette:
    """An ASGI app that answers for every namespace; ``resolver`` gives the store of a namespace id.

    ``storage`` makes the storage layer: Storage, or StrictStorage for production's listings.
    With a ``token`` every request must carry it, without one only this machine is served (`Guard`).
    Status texts need a server that writes them: see worker.kvwire.status_text. The stores are the caller's
    to close.
    """
    app = Starlette()
    app.router.redirect_slashes = False
    guard = Guard(token, LOCAL_HOSTS | {_WORKERD_ASKS})
    app.router.default = guard.before(KVWire(resolver, limits, storage), _kept_out)
    return app


class KVWire:
    """Answers one request at a time; knows which namespace, which verb, and how errors are said."""

    def __init__(self, resolver: Resolver, limits: Limits, storage: StorageMaker) -> None:
        self._resolver = resolver
        self._limits = limits
        self._make_storage = storage
        self._storages: dict[str, Storage] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the router answers other types itself
            return
        request = Request(scope, receive)
        try:
            body = await self._body(request)
            if "content-length" not in request.headers and await _hangs_up(request):
                return
            response = await self._answer(request, body)
        except BodyTooLarge as error:
            await answer_unread(self._refused(request, str(error)), scope, receive, send)
            return
        except KVError as refusal:
            response = failed(refusal.status, refusal.reason)
        except StoreError as error:
            response = failed(500, str(error)[:512])
        response.raw_headers.append(_NO_SNIFFING)
        await response(scope, receive, send)

    async def _body(self, request: Request) -> bytes:
        if request.method == "PUT":
            most = self._limits.value_size
            return await read_body(request.scope, request.receive, most, long_value_text, _COUNTING_SECONDS)
        return await read_body(request.scope, request.receive, _BULK_SIZE)

    def _refused(self, request: Request, too_large: str) -> Response:
        """What is said of a body that is too large: of a value, only if nothing else is wrong with it."""
        try:
            if request.method == "PUT":
                self._storage(_namespace(request)).check_put(*_asked(request))
        except KVError as refusal:
            return failed(refusal.status, refusal.reason)
        except StoreError as error:
            return failed(500, str(error)[:512])
        return failed(413, too_large)

    async def _answer(self, request: Request, body: bytes) -> Response:
        storage = self._storage(_namespace(request))
        match request.method, request.scope["raw_path"]:
            case "GET", b"/":
                return await _list(storage, request)
            case "POST", b"/bulk/get":
                return await _get_many(storage, body)
            case "GET", _:
                return await _get(storage, request)
            case "PUT", _:
                return await _put(storage, request, body)
            case "DELETE", _:
                return await _delete(storage, request)
            case _:
                return failed(405, f"The KV protocol has no {request.method} {request.scope['path']}")

    def _storage(self, namespace: str) -> Storage:
        """One for as long as the store is the same: a strict one knows the cursors that it issued."""
        store = self._resolver(namespace)
        storage = self._storages.get(namespace)
        if storage is None or storage.store is not store:
            storage = self._storages[namespace] = self._make_storage(store, self._limits)
            if len(self._storages) > _MOST_STORAGES:
                del self._storages[next(iter(self._storages))]
        return storage


async def _hangs_up(request: Request) -> bool:
    """Whether the sender leaves as soon as it has sent its chunks.

    When the stream that a Worker puts fails, workerd ends the body as if it were whole, and closes the
    connection at once. Nobody waits for the answer then, and what came is not what was to be stored.
    """
    if request.method != "PUT":
        return False
    try:
        async with asyncio.timeout(_HANG_UP_SECONDS):
            message = await request.receive()
    except TimeoutError:
        return False
    return message.get("type") == "http.disconnect"


def _namespace(request: Request) -> str:
    """The id in the header, which is UTF-8 there. Raises KVError (400) when there is none."""
    given = request.headers.get(NAMESPACE_HEADER, "").encode("latin-1").decode("utf-8", "replace")
    if not given:
        raise bad_request("The header X-KV-Namespace must name a namespace")
    return given


async def _get(storage: Storage, request: Request) -> Response:
    query = Query(request.scope)
    entry = await storage.get(key_in_path(request.scope, query, "GET"), query.integer("cache_ttl"))
    if entry is None:
        return failed(404, "Not Found")
    response = Response(entry.value, media_type="application/octet-stream")
    if entry.expiration is not None:
        response.raw_headers.append((EXPIRATION_HEADER.encode(), b"%d" % entry.expiration))
    if entry.metadata is not None:
        # Anyone can have written the folder: a header must have no line breaks, which JSON may have.
        metadata = str(stringify(parse(entry.metadata)))
        response.raw_headers.append((METADATA_HEADER.encode(), metadata.encode()))
    return response


async def _put(storage: Storage, request: Request, body: bytes) -> Response:
    key, lifetime, metadata = _asked(request)
    await storage.put(key, body, lifetime, metadata)
    return Response()


def _asked(request: Request) -> tuple[str, Lifetime, str | None]:
    """The key, the lifetime and the metadata of a put. Raises KVError."""
    query = Query(request.scope)
    key = key_in_path(request.scope, query, "PUT")
    lifetime = Lifetime(query.integer("expiration"), query.integer("expiration_ttl"))
    given = request.headers.get(METADATA_HEADER)
    return key, lifetime, None if given is None else given.encode("latin-1").decode("utf-8", "replace")


async def _delete(storage: Storage, request: Request) -> Response:
    await storage.delete(key_in_path(request.scope, Query(request.scope), "DELETE"))
    return Response()


async def _list(storage: Storage, request: Request) -> Response:
    query = Query(request.scope)
    prefix, cursor = query.text("prefix"), query.given("cursor")
    return _json(_listing(await storage.list(prefix, cursor, query.integer("key_count_limit"))))


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


async def _get_many(storage: Storage, body: bytes) -> Response:
    asked = BulkGet.read(body)
    return _json(await storage.get_many(asked.keys, asked.options, with_metadata=asked.with_metadata))


def _json(value: object) -> Response:
    return Response(str(stringify(value)), media_type="application/json")


def _kept_out(refusal: Refusal) -> Response:
    return (
        failed(401, "Authentication error") if refusal.what == "token" else failed(403, refusal.without_token)
    )


def failed(status: int, text: str) -> Response:
    """An error: ``text`` in the status line, for workerd, and in the body, for people."""
    response = Response(text.encode("utf-8", "replace"), status, media_type="text/plain")
    response.raw_headers.append(status_text(text))
    return response
