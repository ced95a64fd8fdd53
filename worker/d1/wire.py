"""The D1 binding's own HTTP, as an ASGI app.

    POST /query?resultsFormat=ROWS_AND_COLUMNS    {sql, params}, or a list of them
    POST /execute?resultsFormat=NONE              the same; rows come as objects
    POST /dump                                    404, as from the local runtime

The header ``x-cf-d1-session-commit-token`` has the session's constraint or bookmark, and in the answer a
bookmark. An error is ``{success: false, error}`` with status 200. When the database was reset, the header
``understudy-reset`` says to Understudy's own modules that there is no answer. Source: requests of workerd
1.20260426, recorded.
"""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from kvstore import StoreError
from worker.d1 import messages
from worker.d1.errors import DatabaseReset
from worker.d1.service import FIRST_PRIMARY, Ask, Query, Service, failed
from worker.serving import LOCAL_HOSTS, BodyTooLarge, Guard, Refusal, answer_unread, read_body

DATABASE_HEADER: Final = "x-d1-database"
TOKEN_HEADER: Final = "x-cf-d1-session-commit-token"
# Says that there was no answer: what the binding throws is then the error's text alone.
RESET_HEADER: Final = "understudy-reset"
# The name under which workerd asks the service of a D1 binding.
_WORKERD_ASKS: Final = "d1"
_MOST_BODY: Final = 100 * 1024 * 1024

Resolver = Callable[[str], Service]


class Reply(NamedTuple):
    """An answer as the binding reads it."""

    status: int
    headers: dict[str, str]
    body: bytes


async def answered(service: Service, path: str, query: str, token: str | None, body: bytes) -> Reply:
    """What the service answers to a request of the binding."""
    headers = {"content-type": "application/json"}
    try:
        answer = await service(_ask(path, query, body, token or FIRST_PRIMARY))
    except _NotAQuery:
        return Reply(500, {"content-type": "text/plain"}, messages.NOT_A_QUERY.encode())
    except (DatabaseReset, StoreError) as error:
        answer = failed(str(error))
        headers[RESET_HEADER] = "1"
    if isinstance(answer.body, bytes):
        return Reply(answer.status, {}, answer.body)
    if answer.bookmark is not None:
        headers[TOKEN_HEADER] = answer.bookmark
    return Reply(answer.status, headers, json.dumps(answer.body).encode())


def create_d1_app(resolver: Resolver, *, token: str | None = None) -> Starlette:
    """An ASGI app that answers for every database; ``resolver`` gives the service of a database id.

    With a ``token`` every request must carry it, without one only this machine is served (`Guard`).
    """
    app = Starlette()
    app.router.redirect_slashes = False
    guard = Guard(token, LOCAL_HOSTS | {_WORKERD_ASKS})
    app.router.default = guard.before(D1Wire(resolver), _kept_out)
    return app


class D1Wire:
    """Reads a request, asks the database that it names, and writes the answer."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the router answers other types itself
            return
        try:
            body = await read_body(scope, receive, _MOST_BODY)
        except BodyTooLarge as error:
            await answer_unread(PlainTextResponse(str(error), 413), scope, receive, send)
            return
        response = await self._answer(Request(scope), body)
        await response(scope, receive, send)

    async def _answer(self, request: Request, body: bytes) -> Response:
        path, identity = request.url.path, request.headers.get(DATABASE_HEADER)
        if request.method != "POST" or path not in ("/query", "/execute", "/dump"):
            return PlainTextResponse(f"The D1 protocol has no {request.method} {path}", 404)
        if not identity:
            return PlainTextResponse(f"The header {DATABASE_HEADER} must name a database", 400)
        service = self._resolver(identity.encode("latin-1").decode("utf-8", "replace"))
        reply = await answered(service, path, request.url.query, request.headers.get(TOKEN_HEADER), body)
        return Response(reply.body, reply.status, reply.headers)


class _NotAQuery(Exception):
    """The body is not what the binding sends."""


def _ask(path: str, query: str, body: bytes, token: str) -> Ask:
    if path == "/dump":
        return Ask("dump", [], token=token)
    form = parse_qs(query).get("resultsFormat", [None])[-1]
    try:
        given = json.loads(body)
    except ValueError as error:
        raise _NotAQuery from error
    queries = [*map(_query, given if isinstance(given, list) else [given])]
    return Ask(
        "query" if path == "/query" else "execute",
        queries,
        "ROWS_AND_COLUMNS" if form == "ROWS_AND_COLUMNS" else "NONE",
        token,
    )


def _query(given: Any) -> Query:
    if not isinstance(given, dict):
        raise _NotAQuery
    return Query(given.get("sql"), given.get("params"))


def _kept_out(refusal: Refusal) -> Response:
    if refusal.what == "token":
        return PlainTextResponse("Authentication error", 401)
    return PlainTextResponse(refusal.without_token, 403)
