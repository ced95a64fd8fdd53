"""Requests that leave the Worker."""

from collections.abc import Awaitable, Callable

from kvstore.javascript.stream import ReadableStream
from worker.sdk.ffi.errors import JsException
from worker.sdk.surroundings import Surroundings, surroundings
from worker.sdk.web.http.body import Content
from worker.sdk.web.http.headers import Headers
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response

Outbound = Callable[[Request], Awaitable[Response]]

# httpx has decoded the content, so these no longer describe it.
_HOP_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})


async def send(request: Request) -> Response:
    """Send ``request`` over the network and read the whole answer.

    Raises JsException (Error ``Network connection lost.``) when there is none.
    """
    import httpx

    content = await request.js_read()
    try:
        # No Worker asks, also in the tasks that httpx begins: so nothing of it is refused.
        outside = Surroundings(None, None, None, surroundings().platform)
        follows = request.redirect == "follow"
        with outside:
            async with httpx.AsyncClient(follow_redirects=follows, timeout=None) as client:
                answer = await client.request(
                    request.method,
                    request.url,
                    headers=[(name.encode(), value.encode()) for name, value in request.headers.js_lines()],
                    content=content or None,
                )
    except httpx.HTTPError as error:
        raise JsException("Error", "Network connection lost.") from error
    return _received(
        answer.status_code,
        answer.reason_phrase,
        answer.headers.multi_items(),
        answer.content,
        str(answer.url),
        bool(answer.history),
    )


def _received(
    status: int, text: str, lines: list[tuple[str, str]], content: bytes, url: str, redirected: bool
) -> Response:
    headers = Headers([[name, value] for name, value in lines if name.lower() not in _HOP_HEADERS])
    body = Content(ReadableStream([content])) if content else None
    return Response.js_received(status, text, headers, body, url, redirected)
