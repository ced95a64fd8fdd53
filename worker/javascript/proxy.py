"""Hands requests on to a running workerd, and its answers back."""

from collections.abc import Callable
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from kvstore.clock import stopwatch
from worker.javascript.configuration import PROTOCOL_HEADER
from worker.runtime import Access

# Headers that belong to one connection, and not to the message that travels over it.
_OF_A_CONNECTION: Final = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"}
_NOT_HANDED_ON: Final = {*_OF_A_CONNECTION, b"accept-encoding", PROTOCOL_HEADER.lower().encode()}


class Proxy:
    """An ASGI app in front of workerd.

    ``url`` is asked for each request, so that the process behind it can be replaced; ``log`` hears of every
    answer except those under ``/cdn-cgi/``.
    """

    def __init__(self, url: Callable[[], str], log: Callable[[Access], None]) -> None:
        self._url = url
        self._log = log
        self._http = httpx.AsyncClient(trust_env=False, timeout=None, follow_redirects=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        start = stopwatch()
        request = Request(scope, receive)
        response = await self._answer(request)
        path = scope["raw_path"].decode("latin-1")
        if not path.startswith("/cdn-cgi/"):
            self._log(Access(request.method, path, response.status_code, stopwatch() - start))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        scope = request.scope
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        url = httpx.URL(self._url()).copy_with(raw_path=scope["raw_path"] + query)
        headers = [pair for pair in scope["headers"] if pair[0] not in _NOT_HANDED_ON]
        headers.append((PROTOCOL_HEADER.encode(), scope["scheme"].encode()))
        # What the platform adds or replaces, as observed under wrangler dev.
        headers.append((b"accept-encoding", b"br, gzip"))
        if "cf-connecting-ip" not in request.headers:
            headers.append((b"cf-connecting-ip", (scope["client"] or ("127.0.0.1",))[0].encode()))
        # Not the client's build_request: that adds headers of its own.
        outgoing = httpx.Request(request.method, url, headers=headers, content=await request.body())
        try:
            answer = await self._http.send(outgoing, stream=True)
        except httpx.HTTPError as error:
            return PlainTextResponse(f"The Worker did not answer: {error}", 502)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower() not in _OF_A_CONNECTION
        ]
        return response
