"""Hands requests on to a running workerd, and its answers back."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from websockets.exceptions import InvalidHandshake

from kvstore.clock import stopwatch
from worker.javascript.configuration import CALL_HEADER, CF_HEADER, PROTOCOL_HEADER, SECRET_HEADER
from worker.javascript.failures import STACK_HEADER, failure
from worker.javascript.source_map import SourceMap
from worker.javascript.tunnel import address, open_socket, tunnel
from worker.runtime import MOST_BODY, Access
from worker.serving import BodyTooLarge, answer_unread, body_parts, facts

# Headers that belong to one connection, and not to the message that travels over it.
_OF_A_CONNECTION: Final = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"}
_NOT_HANDED_ON: Final = {
    *_OF_A_CONNECTION,
    b"accept-encoding",
    *(name.lower().encode() for name in (CALL_HEADER, CF_HEADER, PROTOCOL_HEADER, SECRET_HEADER)),
}
# Every other request without a body has the length 0 under wrangler.
_WITHOUT_LENGTH: Final = ("GET", "HEAD")
_ANY_NUMBER: Final = httpx.Limits(max_keepalive_connections=20)  # streams may stay open, and nobody waits


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=None, follow_redirects=False, limits=_ANY_NUMBER)


@dataclass(frozen=True, slots=True, eq=False)
class Proxy:
    """An ASGI app in front of workerd.

    ``url`` is asked for each request, so that the process behind it can be replaced; ``secret`` is what it
    lets requests in for. ``log`` gets every answer except those under ``/cdn-cgi/``, ``failed`` the stack of
    everything that the Worker throws, in the files that ``source_map`` knows. ``http`` is what it asks with.
    """

    url: Callable[[], str]
    secret: str
    log: Callable[[Access], None]
    source_map: Callable[[], SourceMap]
    failed: Callable[[str], None]
    http: httpx.AsyncClient = field(default_factory=_client, init=False)

    async def close(self) -> None:
        await self.http.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        start = stopwatch()
        request = Request(scope, receive)
        try:
            response = await self._answer(request, body_parts(scope, receive, MOST_BODY))
        except BodyTooLarge as error:
            refusal = PlainTextResponse(str(error), 413)
            self._note(scope, refusal.status_code, start)
            await answer_unread(refusal, scope, receive, send)
            return
        self._note(scope, response.status_code, start)
        # An answer that breaks off breaks off for the client, too: the server says so in a line.
        with suppress(httpx.HTTPError):
            await response(scope, receive, send)

    def _note(self, scope: Scope, status: int, start: float) -> None:
        path = scope["raw_path"].decode("latin-1")
        if not path.startswith("/cdn-cgi/"):
            self.log(Access(scope.get("method", "GET"), path, status, stopwatch() - start))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, url = stopwatch(), httpx.URL(self.url())
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._handed_on(scope)
            if name != b"host" and not name.startswith(b"sec-websocket-")
        ]
        at = (url.host, url.port or 80)
        try:
            found = await open_socket(address(scope, "ws"), at, headers, scope["subprotocols"])
        except (OSError, InvalidHandshake) as error:
            found = PlainTextResponse(f"The Worker did not answer: {error}", 502)
        self._note(scope, found.status_code if isinstance(found, Response) else 101, start)
        if isinstance(found, Response):
            await found(scope, receive, send)
        else:
            await tunnel(found, receive, send)

    async def _answer(self, request: Request, body: AsyncIterator[bytes] | None) -> Response:
        scope = request.scope
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        try:
            url = httpx.URL(self.url()).copy_with(raw_path=scope["raw_path"] + query)
        except httpx.InvalidURL as error:
            return PlainTextResponse(f"The address of the request is not valid: {error}", 400)
        headers = self._handed_on(scope)
        if body is None and request.method not in _WITHOUT_LENGTH and "content-length" not in request.headers:
            headers.append((b"content-length", b"0"))
        # Not the client's build_request: that adds headers of its own.
        outgoing = httpx.Request(request.method, url, headers=headers, content=body)
        try:
            answer = await self.http.send(outgoing, stream=True)
        except httpx.HTTPError as error:
            return PlainTextResponse(f"The Worker did not answer: {error}", 502)
        if STACK_HEADER.decode() in answer.headers:
            return self._failure(request, (await answer.aread()).decode("utf-8", "replace"))
        response = StreamingResponse(_content(answer), answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower() not in _OF_A_CONNECTION
        ]
        return response

    def _failure(self, request: Request, text: str) -> Response:
        stack, place = self.source_map().stack(text)
        self.failed(stack)
        return failure(stack, place, page="text/html" in request.headers.get("accept", ""))

    def _handed_on(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = [pair for pair in scope["headers"] if pair[0] not in _NOT_HANDED_ON]
        headers.append((PROTOCOL_HEADER.encode(), scope["scheme"].replace("ws", "http").encode()))
        headers.append((SECRET_HEADER.encode(), self.secret.encode()))
        headers.append((CF_HEADER.encode(), json.dumps(facts(scope)).encode()))
        # What the platform adds or replaces, as observed under wrangler dev.
        headers.append((b"accept-encoding", b"br, gzip"))
        if not any(name == b"cf-connecting-ip" for name, _ in headers):
            headers.append((b"cf-connecting-ip", (scope["client"] or ("127.0.0.1",))[0].encode()))
        return headers


async def _content(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it comes; whoever stops reading lets go of workerd's connection."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
