"""Asks an app directly: the request target goes in byte for byte, as no HTTP client would let it."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

LOCAL = {"host": "127.0.0.1:8787"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def envelope(self) -> Any:
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        assert self.envelope["success"] is True, self.envelope
        return self.envelope["result"]

    @property
    def error(self) -> tuple[int, int, str]:
        """Status, code and message of a refusal."""
        assert self.envelope["success"] is False
        assert self.envelope["result"] is None
        [error] = self.envelope["errors"]
        return self.status, error["code"], error["message"]


async def ask(
    app: ASGIApp,
    method: str,
    target: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    client: tuple[str, int] | None = ("127.0.0.1", 1),
) -> Answer:
    path, _, query = target.encode().partition(b"?")
    given = LOCAL | (headers or {})
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": client,
        "server": ("127.0.0.1", 8787),
    }
    # In pieces, as a server hands on a body that does not come at once.
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    raw = sent[0]["headers"]
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], {name.decode(): value.decode() for name, value in raw}, content)
