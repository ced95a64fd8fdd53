"""HTTP as a server has it (ASGI), and as a Worker sees it: requests come in, answers go out."""

from collections.abc import Iterator
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from kvstore.figures import whole
from kvstore.javascript.stream import ReadableStream
from worker.runtime.conversation import converse
from worker.sdk.http.request import Request
from worker.sdk.http.response import ResponseParts
from worker.serving import facts, read_body

MOST_BODY: Final = whole("workers.body_size")  # bytes
_WITHOUT_LENGTH: Final = (101, 204, 304)  # of the statuses that a Worker can answer with


async def worker_request(scope: Scope, receive: Receive) -> Request:
    """The request as the Worker sees it: the URL as sent, never decoded, and the platform's headers.

    Raises BodyTooLarge, and ClientDisconnect when the sender goes before the end of its body.
    """
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    url = f"{scope['scheme'].replace('ws', 'http')}://{_host(scope)}{target}"
    is_socket = scope["type"] == "websocket"
    body = b"" if is_socket else await read_body(scope, receive, MOST_BODY)
    return Request.from_parts(
        "GET" if is_socket else scope["method"], url, _headers(scope), body, facts(scope)
    )


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host" and value:
            return str(value, "latin-1")
    return "localhost"


def _headers(scope: Scope) -> Iterator[tuple[str, str]]:
    """The headers as sent, with what the platform adds or replaces, as observed under wrangler dev."""
    client = "127.0.0.1" if not scope.get("client") else scope["client"][0]
    for name, value in scope["headers"]:
        if name == b"cf-connecting-ip":
            client = None
        if name != b"accept-encoding":
            yield name.decode("latin-1"), value.decode("latin-1")
    yield "accept-encoding", "br, gzip"
    if client is not None:
        yield "cf-connecting-ip", client


def _in_place_of_a_socket(send: Send) -> Send:
    """What an answer is sent with that goes out although a WebSocket was asked for."""

    async def sent(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return sent


class Outgoing:
    """A Worker's answer on its way out: repeated headers stay separate lines.

    Raises UnicodeEncodeError for a header that HTTP has no bytes for.
    """

    def __init__(self, parts: ResponseParts) -> None:
        self.status = parts.status
        self._body = parts.body or b""
        self._socket = parts.web_socket
        self._lines = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in parts.headers
            if name != "content-length"
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self._socket is not None:
                await converse(self._socket, self._lines, receive, send)
                return
            scope, send = {**scope, "type": "http"}, _in_place_of_a_socket(send)
        if isinstance(self._body, ReadableStream):
            response = StreamingResponse(aiter(self._body), self.status)
            response.raw_headers = self._lines
            await response(scope, receive, send)
            return
        if self.status not in _WITHOUT_LENGTH:
            self._lines.append((b"content-length", b"%d" % len(self._body)))
        await send({"type": "http.response.start", "status": self.status, "headers": self._lines})
        await send({"type": "http.response.body", "body": self._body})
