"""How a rehearsal talks to the Worker: over a real port, or, for a search, without one."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from kvstore.faults import InvocationCrashed
from worker.runtime import Worker
from worker.sdk.request import Request

# What json.loads does, but for its many looks for white space.
_read = json.JSONDecoder().raw_decode
_BLANK = " \t\n\r"
API_KEY = "rehearsal-queue-key"
CUT_OFF = "the invocation was cut off"


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is parsed JSON, or text."""

    status: int
    body: Any


class Client(Protocol):
    """Sends one request with the rehearsal's API key, and waits for the answer."""

    async def send(self, method: str, path: str, body: Any = None) -> Answer: ...


def read_body(content: str) -> Any:
    """An answer's body as JSON, or as the text that it is."""
    text = content.strip(_BLANK)
    try:
        body, end = _read(text)
    except ValueError:
        return content
    return body if end == len(text) else content


@dataclass(frozen=True)
class PortClient:
    """Over HTTP, through the server."""

    http: httpx.AsyncClient

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        answer = await self.http.request(method, path, json=body, headers={"X-API-Key": API_KEY})
        return Answer(answer.status_code, read_body(answer.text))


@dataclass(frozen=True)
class DirectClient:
    """Straight into the Worker, as the server would hand it the request; ``api_key`` None sends none."""

    worker: Worker
    api_key: str | None = API_KEY

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        headers = [("content-type", "application/json")]
        if self.api_key is not None:
            headers.append(("x-api-key", self.api_key))
        request = Request.from_parts(method, f"http://queue.example{path}", headers, content)
        try:
            parts = await self.worker.fetch(request)
        except InvocationCrashed:
            return Answer(500, CUT_OFF)
        except Exception as error:
            return Answer(500, f"{type(error).__name__}: {error}")
        await self.worker.background.drain()
        text = parts.body.decode() if isinstance(parts.body, bytes) else ""
        return Answer(parts.status, read_body(text))
