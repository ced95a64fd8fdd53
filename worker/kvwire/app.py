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
from kvstore.messages import long_value_text
from kvstore.storage.storage import Storage
from worker.kvwire.operations import (
    METADATA_HEADER,
    NAMESPACE_HEADER,
    Asked,
    Reply,
    answer,
    failed,
    refused,
    to_put,
)
from worker.kvwire.parameters import bad_request
from worker.kvwire.status_text import status_text
from worker.serving import LOCAL_HOSTS, BodyTooLarge, Guard, Refusal, answer_unread, read_body

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
            reply = await answer(self._storage(_namespace(request)), _asked(request, body))
        except BodyTooLarge as error:
            too_large = _response(self._too_large(request, str(error)))
            await answer_unread(too_large, scope, receive, send)
            return
        except (KVError, StoreError) as error:
            reply = refused(error)
        response = _response(reply)
        response.raw_headers.append(_NO_SNIFFING)
        await response(scope, receive, send)

    async def _body(self, request: Request) -> bytes:
        if request.method == "PUT":
            most = self._limits.value_size
            return await read_body(request.scope, request.receive, most, long_value_text, _COUNTING_SECONDS)
        return await read_body(request.scope, request.receive, _BULK_SIZE)

    def _too_large(self, request: Request, text: str) -> Reply:
        """What is said of a body that is too large: of a value, only if nothing else is wrong with it."""
        try:
            if request.method == "PUT":
                self._storage(_namespace(request)).check_put(*to_put(_asked(request, b"")))
        except (KVError, StoreError) as error:
            return refused(error)
        return failed(413, text)

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


def _asked(request: Request, body: bytes) -> Asked:
    scope, metadata = request.scope, request.headers.get(METADATA_HEADER)
    if metadata is not None:
        metadata = metadata.encode("latin-1").decode("utf-8", "replace")
    return Asked(request.method, scope["raw_path"], scope["query_string"], metadata, body)


def _kept_out(refusal: Refusal) -> Response:
    what = failed(401, "Authentication error")
    return _response(what if refusal.what == "token" else failed(403, refusal.without_token))


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, media_type=reply.kind)
    response.raw_headers += [(name.encode(), value) for name, value in reply.headers]
    if reply.reason is not None:
        response.raw_headers.append(status_text(reply.reason))
    return response
