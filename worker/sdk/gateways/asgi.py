"""``workers.asgi``: an ASGI application (FastAPI, Starlette, …) as a Worker.

One application instance serves one request: its lifespan starts before and ends after, as Cloudflare does it.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED
from worker.sdk.context import wait_until
from worker.sdk.entrypoint import WorkerEntrypoint
from worker.sdk.ffi.crossing import wrap
from worker.sdk.gateways.asgi_lifespan import Lifespan
from worker.sdk.gateways.gateway import BaseOptions
from worker.sdk.http.request import Request
from worker.sdk.web.http.response import Response as WebResponse
from worker.sdk.web.http.status import NULL_BODY_STATUSES

Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Options(BaseOptions):
    """Options of the ASGI adapter."""


async def fetch(
    app: Application, req: Any, env: Any, ctx: Any = None, *, options: Options | None = None
) -> Any:
    """Answer ``req`` with ``app``: a JavaScript Response, streamed if the application streams.

    The scope has ``env``, the decoded ``path`` and ``raw_path``. Work that goes on after the answer extends
    the invocation. Raises what the application raised before it answered, RuntimeError if it did not answer;
    what fails later changes the answer no more.
    """
    request = req if isinstance(req, Request) else Request(req)
    lifespan = Lifespan(app)
    state = await lifespan.startup()
    exchange = _Exchange(await request.bytes())
    running = asyncio.ensure_future(exchange.run(app, scope_of(request, env, state)))
    try:
        response = await exchange.response()
    except BaseException:
        await lifespan.shutdown()
        raise
    ending = asyncio.ensure_future(_finish(running, lifespan))
    if not exchange.streams:
        try:
            await asyncio.wait([ending])
        except asyncio.CancelledError:
            ending.cancel()
            raise
    if not ending.done() or ending.exception() is not None:
        (ctx.waitUntil if ctx is not None else wait_until)(ending)
    return wrap(response)


async def websocket(app: Application, req: Any, env: Any = None) -> Any:
    """Not emulated: raises NotImplementedError."""
    raise NotImplementedError("WebSockets are not emulated")


def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """The Worker class that answers with ``app``."""

    class Default(WorkerEntrypoint):
        async def fetch(self, request: Any) -> Any:
            if (request.headers.get("upgrade") or "").lower() == "websocket":
                return await websocket(app, request, self.env)
            return await fetch(app, request, self.env, self.ctx, options=options)

    return Default


def scope_of(request: Request, env: Any, state: dict[str, Any]) -> dict[str, Any]:
    """The ASGI scope of an HTTP request."""
    url = urlsplit(request.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.0"},
        "http_version": "1.1",
        "method": str(request.js_object.method),
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
        "state": state,
        "env": env,
    }


async def _finish(running: Awaitable[None], lifespan: Lifespan) -> None:
    try:
        await running
    finally:
        await lifespan.shutdown()


class _Exchange:
    """One request and its answer, between the application's receive and send and a Response."""

    def __init__(self, body: bytes) -> None:
        self.streams = False
        self._body: bytes | None = body
        self._start: Message = {"status": 500, "headers": []}
        # The answer is taken out of the list, and so it ends with whoever has it.
        self._answer: asyncio.Future[list[WebResponse]] = asyncio.get_running_loop().create_future()
        # One chunk at a time, so that an endless answer waits for its reader.
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)
        self._ended = asyncio.Event()
        self._left = asyncio.Event()  # the reader went away before the end

    async def run(self, app: Application, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._send)
            if not self._answer.done():
                raise RuntimeError("The application did not generate a response")
        except Exception as error:
            if not self._answer.done():
                self._answer.set_exception(error)
            elif not self._left.is_set():
                raise
        except asyncio.CancelledError:
            _empty(self._chunks)  # there is room for the end, and the reader learns of it
            raise
        finally:
            if self.streams and not self._ended.is_set():
                await self._chunks.put(None)
            self._ended.set()

    async def response(self) -> WebResponse:
        return (await self._answer).pop()

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._ended.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            await self._send_body(bytes(message.get("body", b"")), bool(message.get("more_body", False)))

    async def _send_body(self, body: bytes, more_body: bool) -> None:
        if self._ended.is_set():
            raise OSError("the client has gone")
        if not self._answer.done() and not more_body:
            self._ended.set()
            self._respond(UNDEFINED if self._start["status"] in NULL_BODY_STATUSES else body)
            return
        if not self._answer.done():
            self.streams = True
            stream = ReadableStream(self._stream())
            weakref.finalize(stream, _leave, self._left, self._ended, self._chunks)
            self._respond(stream)
        if body or more_body:  # an empty one waits for the reader, too: others have work to do
            await self._chunks.put(body)
        if not more_body and not self._ended.is_set():
            await self._chunks.put(None)

    def _respond(self, body: Any) -> None:
        lines = [[name.decode(), value.decode()] for name, value in self._start.get("headers", [])]
        self._answer.set_result([WebResponse(body, {"status": self._start["status"], "headers": lines})])

    async def _stream(self) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._chunks.get()) is not None:
                if chunk:
                    yield chunk
            self._ended.set()
        finally:
            _leave(self._left, self._ended, self._chunks)


def _leave(left: asyncio.Event, ended: asyncio.Event, chunks: asyncio.Queue[bytes | None]) -> None:
    """Reading has ended for good: what waits to put a chunk goes on, and learns of it."""
    if not ended.is_set():
        left.set()
        ended.set()
    _empty(chunks)


def _empty(chunks: asyncio.Queue[bytes | None]) -> None:
    if not chunks.empty():
        chunks.get_nowait()


def __getattr__(name: str) -> Any:
    if name != "env":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # For FastAPI: ``async def handler(env=asgi.env)``. FastAPI is the Worker's own dependency.
    from importlib import import_module

    fastapi = import_module("fastapi")

    async def current_env(request: Any) -> Any:
        return request.scope["env"]

    current_env.__annotations__["request"] = fastapi.Request
    return fastapi.Depends(current_env)
