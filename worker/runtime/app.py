"""A Worker behind HTTP: an ASGI app that hands every request to it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request as HTTPRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kvstore.clock import Clock, SystemClock, stopwatch
from worker.runtime.failures import users_traceback
from worker.runtime.http import Outgoing, worker_request
from worker.runtime.scheduled import NO_MOMENT, ScheduledController, moment_of
from worker.runtime.worker import Worker
from worker.sdk.http.request import Request
from worker.sdk.http.response import ResponseParts
from worker.serving import BodyTooLarge, answer_unread

_OWN_PATHS = ("/cdn-cgi/", "/__scheduled")


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
) -> ASGIApp:
    """An ASGI app that serves ``worker``.

    An uncaught exception is a 500 whose text is the traceback, as under ``wrangler dev``, and goes to the
    Worker's error log. ``/cdn-cgi/handler/scheduled`` and ``/cdn-cgi/local/scheduled`` run the scheduled
    handler, and with ``test_scheduled`` so does ``/__scheduled``: whoever serves the app puts a `Guard`
    before these. Background work of the Worker goes on after the answer, and is waited for (at most 30 s)
    when the server stops.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await worker.background.drain()

    handlers = Handlers(worker, clock or SystemClock())
    routes = [
        Route("/cdn-cgi/handler/{name:path}", handlers.answer),
        Route("/cdn-cgi/local/scheduled", handlers.scheduled),
    ]
    if test_scheduled:
        routes.append(Route("/__scheduled", handlers.test_scheduled))
    front = Front(worker, log)
    platform = Starlette(routes=routes, lifespan=lifespan)
    platform.router.redirect_slashes = False
    platform.router.default = front

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # What cannot be the platform's own goes straight to the Worker, past Starlette's layers.
        straight = scope["type"] != "lifespan" and not scope["path"].startswith(_OWN_PATHS)
        await (front if straight else platform)(scope, receive, send)

    return app


class Front:
    """Everything that is not the platform's own: handed to the Worker, whatever the method or path."""

    def __init__(self, worker: Worker, log: AccessLog | None) -> None:
        self._worker = worker
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = stopwatch()
        try:
            request = await worker_request(scope, receive)
        except BodyTooLarge as error:
            self._note(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, start)
            refusal = PlainTextResponse(str(error), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            await answer_unread(refusal, scope, receive, send)
            return
        answer = await self._answer(request)
        self._note(scope, answer.status, start)
        await answer(scope, receive, send)

    def _note(self, scope: Scope, status: int, start: float) -> None:
        if self._log is not None:
            path = scope.get("raw_path", b"").decode("ascii", "replace")
            self._log(Access(scope.get("method", "GET"), path, status, stopwatch() - start))

    async def _answer(self, request: Request) -> Outgoing:
        try:
            return Outgoing(await self._worker.fetch(request))
        except Exception as error:
            self._worker.on_error(error)
            text = users_traceback(error, self._worker.space).encode("utf-8", "replace")
            return Outgoing(ResponseParts(500, "", [("content-type", "text/plain; charset=utf-8")], text))


class Handlers:
    """``/cdn-cgi/handler/…``: events other than requests, fired by hand."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self._worker = worker
        self._clock = clock

    async def answer(self, request: HTTPRequest) -> Response:
        name = request.path_params["name"]
        if name != "scheduled":
            known = '"/cdn-cgi/handler/scheduled"'
            text = f'"/cdn-cgi/handler/{name}" is not a valid handler. Did you mean to use {known}?'
            return PlainTextResponse(text, 404)
        return await self.scheduled(request)

    async def test_scheduled(self, request: HTTPRequest) -> Response:
        answer = await self.scheduled(request)
        return PlainTextResponse("Ran scheduled event") if answer.status_code == 200 else answer

    async def scheduled(self, request: HTTPRequest) -> Response:
        given = request.query_params.get("time")
        moment = self._clock.now_ms() if given is None else moment_of(given)
        if moment is None:
            return PlainTextResponse(NO_MOMENT.format(given), 400)
        outcome = "ok"
        try:
            await self._worker.scheduled(ScheduledController(request.query_params.get("cron", ""), moment))
        except Exception as error:
            self._worker.on_error(error)
            outcome = "exception"
        status = 200 if outcome == "ok" else 500
        if request.query_params.get("format") == "json":
            body = json.dumps({"outcome": outcome, "noRetry": False})
            return Response(body, status, media_type="application/json")
        return PlainTextResponse(outcome, status)
