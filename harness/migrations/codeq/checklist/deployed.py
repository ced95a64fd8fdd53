"""A codeQ that runs somewhere else, asked over HTTP."""

import json
from typing import Any

import httpx

from harness.migrations.codeq.checklist.inspection import members
from harness.migrations.codeq.services.tokens import Tokens
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from kvstore.clock import Clock

_NOBODY = "understudy-no-such-task"


class Deployed:
    """codeQ at ``url``, which may end with ``/v1/codeq``. To be closed.

    Raises Refused for a URL with more than a place: httpx would send a name and a password instead of the
    token.
    """

    def __init__(self, url: str, tokens: Tokens, clock: Clock) -> None:
        if any(mark in url for mark in "@?#"):
            raise Refused(["--codeq-url takes no name, password or query: codeQ is asked with --tokens"])
        self.url = url.rstrip("/").removesuffix("/v1/codeq")
        self.tokens = tokens
        self.clock = clock
        self._http = httpx.AsyncClient(timeout=30)

    async def new(
        self, path: str, body: Any = None, token: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """POST with a body, GET without one, as the producer unless ``token`` is another's."""
        return await self._send(f"/v1/codeq{path}", body, token or self.tokens.producer, headers or {})

    async def metrics(self) -> httpx.Response:
        return await self._send("/metrics", None, self.tokens.producer, {})

    async def wait(self, seconds: int) -> None:
        await self.clock.sleep(seconds)

    async def reach(self) -> None:
        """Raises Refused, with what is probably wrong, if this is not codeQ, or refuses the tokens."""
        asked = [
            ("admin", await self.new("/admin/queues", token=self.tokens.admin)),
            ("producer", await self.new(f"/tasks/{_NOBODY}")),
            ("worker", await self.new(f"/tasks/{_NOBODY}/nack", {}, self.tokens.worker)),
        ]
        for name, answer in asked:
            if answer.status_code in (401, 403) and "error" in members(answer):
                raise Refused([f"codeQ refuses the {name}'s token: {answer.status_code} {_said(answer)}"])
            # Nobody's task is not found; a 500 with words is a codeQ in trouble, of which the checks tell.
            expected = (200, 500) if name == "admin" else (404, 500)
            if answer.status_code not in expected or not members(answer):
                said = f"{answer.status_code} {_said(answer)}".strip()
                raise Refused([f"{self.url} answers, but is not codeQ: {said}"])

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, path: str, body: Any, token: str, headers: dict[str, str]) -> httpx.Response:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Authorization": f"Bearer {token}", **headers}
        method = "GET" if body is None else "POST"
        try:
            return await self._http.request(method, self.url + path, content=content, headers=named)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise MigrationError(f"cannot reach codeQ at {self.url}: {reason}") from error


def _said(answer: httpx.Response) -> str:
    return str(members(answer).get("error", answer.text[:80]))
