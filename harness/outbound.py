"""The world outside of a Worker, as a test or a migration says it answers: nothing reaches the network."""

import json as json_text
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.sdk.http.request import RequestParts
    from worker.sdk.http.response import ResponseParts
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
class Given:
    """What is answered."""

    status: int
    headers: dict[str, str]
    content: bytes


class Outbound:
    """``outbound.get(url, json=…)`` says what is answered; ``sent`` are the requests that the Worker sent.

    The last that was said of a method and URL counts. A request that nothing was said of is answered as when
    the network is down, and is among ``unexpected``. ``given`` is what was said elsewhere.
    """

    def __init__(self, given: Mapping[tuple[str, str], Given] | None = None) -> None:
        self.sent: list[Sent] = []
        self.unexpected: list[Sent] = []
        self.given = dict(given or {})

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
        self.given[method.upper(), url] = Given(status, lines, content)

    def get(self, url: str, **answer: Any) -> None:
        self.on("GET", url, **answer)

    def post(self, url: str, **answer: Any) -> None:
        self.on("POST", url, **answer)

    def put(self, url: str, **answer: Any) -> None:
        self.on("PUT", url, **answer)

    def delete(self, url: str, **answer: Any) -> None:
        self.on("DELETE", url, **answer)

    async def answer(self, sent: Sent) -> Given | None:
        """What is answered, None for nothing; the request is noted."""
        self.sent.append(sent)
        found = self.given.get((sent.method, sent.url))
        if found is None:
            self.unexpected.append(sent)
        return found

    def refusal(self, sent: Sent) -> str:
        """What the Worker's error says where nothing is answered."""
        return "Network connection lost."

    async def parts(self, request: "RequestParts") -> "ResponseParts | str":
        """What a JavaScript Worker's request is answered, or what its error says."""
        from worker.sdk.http.response import ResponseParts

        sent = Sent(request.method, request.url, dict(request.headers), request.body)
        given = await self.answer(sent)
        if given is None:
            return self.refusal(sent)
        return ResponseParts(given.status, "", list(given.headers.items()), given.content)

    async def __call__(self, request: "Request") -> "Response":
        """What a Python Worker's request is answered. Raises JsException."""
        from kvstore.javascript.stream import ReadableStream
        from worker.sdk.ffi.errors import JsException
        from worker.sdk.web.http.body import Content
        from worker.sdk.web.http.headers import Headers
        from worker.sdk.web.http.response import Response

        content = await request.js_read()
        sent = Sent(request.method, request.url, dict(request.headers.js_lines()), bytes(content or b""))
        given = await self.answer(sent)
        if given is None:
            raise JsException("Error", self.refusal(sent))
        body = Content(ReadableStream([given.content])) if given.content else None
        headers = Headers([list(line) for line in given.headers.items()])
        return Response.js_received(given.status, "", headers, body, request.url, False)
