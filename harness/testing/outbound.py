"""The world outside of a Worker, as a test says it answers: nothing reaches the network."""

import json as json_text
from dataclasses import dataclass
from typing import Any

from kvstore.javascript.stream import ReadableStream
from worker.sdk.ffi.errors import JsException
from worker.sdk.http.request import RequestParts
from worker.sdk.http.response import ResponseParts
from worker.sdk.web.http.body import Content
from worker.sdk.web.http.headers import Headers
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that the Worker sent."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json_text.loads(self.content)


@dataclass(frozen=True, slots=True)
class _Given:
    status: int
    headers: dict[str, str]
    content: bytes


class Outbound:
    """``outbound.get(url, json=…)`` says what is answered; ``sent`` are the requests that the Worker sent.

    The last that was said of a method and URL counts. A request that nothing was said of is answered as when
    the network is down, and is among ``unexpected``.
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.unexpected: list[Sent] = []
        self._given: dict[tuple[str, str], _Given] = {}

    def on(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        json: Any = None,
        text: str | None = None,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer ``method url`` with ``json``, ``text`` or ``content``."""
        lines = dict(headers or {})
        if json is not None:
            content = json_text.dumps(json).encode()
            lines.setdefault("content-type", "application/json")
        elif text is not None:
            content = text.encode()
            lines.setdefault("content-type", "text/plain;charset=UTF-8")
        self._given[method.upper(), url] = _Given(status, lines, content)

    def get(self, url: str, **answer: Any) -> None:
        self.on("GET", url, **answer)

    def post(self, url: str, **answer: Any) -> None:
        self.on("POST", url, **answer)

    def put(self, url: str, **answer: Any) -> None:
        self.on("PUT", url, **answer)

    def delete(self, url: str, **answer: Any) -> None:
        self.on("DELETE", url, **answer)

    def answer(self, sent: Sent) -> _Given | None:
        """What is answered, None for nothing; the request is noted."""
        self.sent.append(sent)
        found = self._given.get((sent.method, sent.url))
        if found is None:
            self.unexpected.append(sent)
        return found

    def parts(self, request: RequestParts) -> ResponseParts | None:
        """What a JavaScript Worker's request is answered."""
        given = self.answer(Sent(request.method, request.url, dict(request.headers), request.body))
        if given is None:
            return None
        return ResponseParts(given.status, "", list(given.headers.items()), given.content)

    async def __call__(self, request: Request) -> Response:
        content = await request.js_read()
        given = self.answer(
            Sent(request.method, request.url, dict(request.headers.js_lines()), bytes(content or b""))
        )
        if given is None:
            raise JsException("Error", "Network connection lost.")
        body = Content(ReadableStream([given.content])) if given.content else None
        headers = Headers([list(line) for line in given.headers.items()])
        return Response.js_received(given.status, "", headers, body, request.url, False)
