"""The outside of both services: request ids, unknown paths, errors as JSON."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from kvstore.entropy import Entropy
from worker.codeq.documents import encode
from worker.codeq.errors import DocumentError, Refusal, ServerError
from worker.serving import BodyTooLarge


def json_reply(value: Any, status: int = 200) -> Response:
    """JSON as Go writes it: members of a map sorted, ``<>&`` escaped."""
    headers = {"content-type": "application/json; charset=utf-8"}
    return Response(encode(value).encode(), status, headers)


def error_reply(status: int, text: str) -> Response:
    return json_reply({"error": text}, status)


def no_content() -> Response:
    return Response(status_code=204)


def not_found() -> Response:
    """A path or a method that has no route."""
    return Response(b"404 page not found", 404, {"content-type": "text/plain"})


def moved(target: str, headers: Mapping[str, str] | None = None) -> Response:
    """A trailing slash too many."""
    return Response(status_code=307, headers={"location": target, **(headers or {})})


Endpoint = Callable[[Request], Awaitable[Response]]


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """One method of one path; no HEAD beside GET, as in the real services."""
    made = Route(path, endpoint, methods=[method])
    made.methods = {method}
    return made


def create_front(
    routes: list[Route], entropy: Entropy, lifespan: Lifespan[Starlette] | None = None
) -> Starlette:
    """An app whose errors, unknown paths and redirects read like the real service's."""

    async def unknown(request: Request, error: Exception) -> Response:
        target = _slashless(request, routes)
        return not_found() if target is None else moved(target)

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(RequestIds, entropy=entropy)],
        exception_handlers={
            404: unknown,
            405: unknown,
            Refusal: _refused,
            ServerError: _failed,
            DocumentError: _unreadable,
            BodyTooLarge: _too_large,
        },
    )
    app.router.redirect_slashes = False
    return app


def _slashless(request: Request, routes: list[Route]) -> str | None:
    """Where a request with one slash too many belongs, if anywhere."""
    path = request.url.path
    if not path.endswith("/"):
        return None
    scope = {**request.scope, "path": path[:-1]}
    if not any(one.matches(scope)[0] is Match.FULL for one in routes):
        return None
    query = request.url.query
    return path[:-1] + (f"?{query}" if query else "")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error_reply(error.status, error.text)


async def _failed(request: Request, error: Exception) -> Response:
    return error_reply(500, str(error))


async def _unreadable(request: Request, error: Exception) -> Response:
    return error_reply(400, "invalid body")


async def _too_large(request: Request, error: Exception) -> Response:
    return error_reply(413, str(error))


class RequestIds:
    """Gives every answer an X-Request-Id: the request's own, or a new one of 32 hexadecimal digits."""

    def __init__(self, app: ASGIApp, entropy: Entropy) -> None:
        self._app = app
        self._entropy = entropy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("x-request-id") or self._entropy.token(16).hex()

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self._app(scope, receive, stamped)
