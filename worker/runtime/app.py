"""A Worker behind HTTP: a Starlette app that hands every request to it."""

import json
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request as HTTPRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kvstore.clock import Clock, SystemClock, stopwatch
from worker.runtime.scheduled import ScheduledController
from worker.runtime.worker import Worker
from worker.sdk.request import Request
from worker.sdk.response import ResponseParts

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Access:
    """One answered request, for the log: ``seconds`` is how long the Worker took to answer."""

    method: str
    path: str
    status: int
    seconds: float

    @property
    def phrase(self) -> str:
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""


AccessLog = Callable[[Access], None]


def create_app(
    worker: Worker,
    log: AccessLog | None = None,
    clock: Clock | None = None,
    *,
    test_scheduled: bool = False,
) -> Starlette:
    """An ASGI app that serves ``worker``.

    An uncaught exception is a 500 whose text is the traceback, as under ``wrangler dev``, and goes to the
    Worker's error log. ``/cdn-cgi/handler/scheduled`` runs the scheduled handler, and with
    ``test_scheduled`` so does ``/__scheduled``. Background work of the
    Worker goes on after the answer, and is waited for (at most 30 s) when the server stops.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await worker.background.drain()

    handlers = Handlers(worker, clock or SystemClock())
    routes = [Route("/cdn-cgi/handler/{name:path}", handlers.answer)]
    if test_scheduled:
        routes.append(Route("/__scheduled", handlers.test_scheduled))
    app = Starlette(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = Front(worker, log)
    return app


class Front:
    """Everything that is not the platform's own: handed to the Worker, whatever the method or path."""

    def __init__(self, worker: Worker, log: AccessLog | None) -> None:
        self._worker = worker
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the router answers other types itself
            return
        start = stopwatch()
        incoming = HTTPRequest(scope, receive)
        response = await self._answer(incoming)
        if self._log is not None:
            path = scope.get("raw_path", b"").decode("ascii", "replace")
            self._log(Access(incoming.method, path, response.status_code, stopwatch() - start))
        await response(scope, receive, send)

    async def _answer(self, incoming: HTTPRequest) -> Response:
        try:
            return outgoing(await self._worker.fetch(await worker_request(incoming)))
        except Exception as error:
            self._worker.on_error(error)
            return PlainTextResponse("".join(traceback.format_exception(error)), 500)


async def worker_request(incoming: HTTPRequest) -> Request:
    """The request as the Worker sees it: the URL as sent, never decoded, and the platform's headers."""
    scope = incoming.scope
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    host = incoming.headers.get("host") or "localhost"
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in scope["headers"]
        if name != b"accept-encoding"
    ]
    # What the platform adds or replaces, as observed under wrangler dev.
    headers.append(("accept-encoding", "br, gzip"))
    if "cf-connecting-ip" not in incoming.headers:
        headers.append(("cf-connecting-ip", scope["client"][0] if scope.get("client") else "127.0.0.1"))
    body = await incoming.body()
    return Request.from_parts(incoming.method, f"{scope['scheme']}://{host}{target}", headers, body, None)


def outgoing(parts: ResponseParts) -> Response:
    """A Worker's answer on its way out: repeated headers stay separate lines."""
    if parts.body is None or isinstance(parts.body, bytes):
        response: Response = Response(parts.body or b"", parts.status)
    else:
        response = StreamingResponse(aiter(parts.body), parts.status)
    own = [(name, value) for name, value in response.raw_headers if name == b"content-length"]
    given = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in parts.headers]
    response.raw_headers = [*(pair for pair in given if pair[0] != b"content-length"), *own]
    return response


class Handlers:
    """``/cdn-cgi/handler/…``: events that are no requests, fired by hand."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self._worker = worker
        self._clock = clock

    async def answer(self, request: HTTPRequest) -> Response:
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if host not in _LOCAL_HOSTS:
            return PlainTextResponse("Invalid Host header", 403)
        name = request.path_params["name"]
        if name != "scheduled":
            known = '"/cdn-cgi/handler/scheduled"'
            text = f'"/cdn-cgi/handler/{name}" is not a valid handler. Did you mean to use {known}?'
            return PlainTextResponse(text, 404)
        return await self._scheduled(request)

    async def test_scheduled(self, request: HTTPRequest) -> Response:
        answer = await self._scheduled(request)
        return PlainTextResponse("Ran scheduled event") if answer.status_code == 200 else answer

    async def _scheduled(self, request: HTTPRequest) -> Response:
        given = request.query_params.get("time")
        outcome = "ok"
        try:
            moment = self._clock.now_ms() if given is None else int(given)
            await self._worker.scheduled(ScheduledController(request.query_params.get("cron", ""), moment))
        except Exception as error:
            self._worker.on_error(error)
            outcome = "exception"
        status = 200 if outcome == "ok" else 500
        if request.query_params.get("format") == "json":
            body = json.dumps({"outcome": outcome, "noRetry": False})
            return Response(body, status, media_type="application/json")
        return PlainTextResponse(outcome, status)
