"""codeQ over HTTP, in this process or deployed: how it is asked."""

import json
from abc import ABC, abstractmethod
from typing import Any

import httpx

from harness.migrations.codeq.services.tokens import Tokens


class Codeq(ABC):
    """codeQ, asked through ``client`` at addresses that begin with ``url``."""

    tokens: Tokens
    client: httpx.AsyncClient
    url = ""

    async def new(
        self, path: str, body: Any = None, token: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """POST with a body, GET without one, as the producer unless ``token`` is another's."""
        asked = self.client, f"{self.url}/v1/codeq{path}", body, token or self.tokens.producer
        return await self.send(*asked, headers)

    async def metrics(self) -> httpx.Response:
        return await self.send(self.client, f"{self.url}/metrics", None, self.tokens.producer)

    @abstractmethod
    async def wait(self, seconds: int) -> None:
        """Time passes, for codeQ too."""

    async def send(
        self,
        client: httpx.AsyncClient,
        url: str,
        body: Any,
        token: str,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request through ``client`` to ``url``, and return the answer. Raises what httpx does."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await client.request("GET" if body is None else "POST", url, content=content, headers=named)
