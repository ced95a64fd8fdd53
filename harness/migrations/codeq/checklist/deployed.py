"""A codeQ that runs somewhere else, asked over HTTP."""

from typing import Any

import httpx

from harness.migrations.codeq.checklist.inspection import members
from harness.migrations.codeq.services.codeq import Codeq
from harness.migrations.codeq.services.tokens import Tokens
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from kvstore.clock import Clock

_NOBODY = "understudy-no-such-task"


class Deployed(Codeq):
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
        self.client = httpx.AsyncClient(timeout=30)

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
        await self.client.aclose()

    async def send(self, *asked: Any, **more: Any) -> httpx.Response:
        """The same. Raises MigrationError where no answer comes."""
        try:
            return await super().send(*asked, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise MigrationError(f"cannot reach codeQ at {self.url}: {reason}") from error


def _said(answer: httpx.Response) -> str:
    return str(members(answer).get("error", answer.text[:80]))
