"""The platform's own paths: events other than requests, fired by hand."""

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from kvstore.clock import Clock
from worker.runtime.scheduled import NO_MOMENT, ScheduledController, moment_of
from worker.runtime.worker import Worker


def create_handlers(worker: Worker, clock: Clock, rest: ASGIApp, *, test_scheduled: bool) -> ASGIApp:
    """``/cdn-cgi/handler/…`` and ``/cdn-cgi/local/scheduled``; ``rest`` answers what is none of these.

    With ``test_scheduled`` there is ``/__scheduled``, too.
    """
    handlers = Handlers(worker, clock)
    routes = [
        Route("/cdn-cgi/handler/{name:path}", handlers.answer),
        Route("/cdn-cgi/local/scheduled", handlers.scheduled),
    ]
    if test_scheduled:
        routes.append(Route("/__scheduled", handlers.test_scheduled))
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    app.router.default = rest
    return app


class Handlers:
    """``/cdn-cgi/handler/…``: events other than requests, fired by hand."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self._worker = worker
        self._clock = clock

    async def answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name != "scheduled":
            known = '"/cdn-cgi/handler/scheduled"'
            text = f'"/cdn-cgi/handler/{name}" is not a valid handler. Did you mean to use {known}?'
            return PlainTextResponse(text, 404)
        return await self.scheduled(request)

    async def test_scheduled(self, request: Request) -> Response:
        answer = await self.scheduled(request)
        return PlainTextResponse("Ran scheduled event") if answer.status_code == 200 else answer

    async def scheduled(self, request: Request) -> Response:
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
