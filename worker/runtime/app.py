"""A Worker behind HTTP: an ASGI app that hands every request to it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kvstore.clock import Clock, SystemClock, stopwatch
from worker.runtime.failures import users_traceback
from worker.runtime.http import Outgoing, worker_request
from worker.runtime.lifespan import answer_lifespan
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

    front = Front(worker, log)
    own: ASGIApp | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal own
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send, worker.background.drain)
        elif not scope["path"].startswith(_OWN_PATHS):
            await front(scope, receive, send)  # straight to the Worker, past Starlette's layers
        else:
            if own is None:
                from worker.runtime.handlers import create_handlers  # what few ask for is imported late

                own = create_handlers(worker, clock or SystemClock(), front, test_scheduled=test_scheduled)
            await own(scope, receive, send)

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
