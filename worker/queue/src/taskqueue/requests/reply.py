"""What the Worker answers, before it becomes a Response."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taskqueue.javascript import stringify

JSON_TYPE = "application/json"


@dataclass(slots=True)
class Reply:
    """Body, status and headers of an answer; without a content type the platform says text/plain."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        return Reply(self.body, self.status, {**self.headers, **headers})


class Refusal(Exception):
    """The request cannot be served as it stands; ``reply`` says why to the client."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body)
        self.reply = reply


def bad_request(error: str, details: list[str] | None = None) -> Refusal:
    """A refusal with status 400 and a JSON body of ``error`` and, if given, ``details``."""
    extra = {} if details is None else {"details": details}
    return Refusal(json_reply({"error": error, **extra}, 400))


def json_reply(data: Any, status: int = 200) -> Reply:
    return Reply(stringify(data), status, {"content-type": JSON_TYPE})


def text_reply(body: str, status: int = 200) -> Reply:
    return Reply(body, status)


def unauthorized() -> Reply:
    return json_reply({"error": "Unauthorized"}, 401)


def kv_not_configured() -> Reply:
    return json_reply({"error": "KV not configured"}, 503)


def not_found() -> Reply:
    """The 404 of a path below a known part of the API; elsewhere a 404 is plain text."""
    return json_reply({"error": "Not found"}, 404)
