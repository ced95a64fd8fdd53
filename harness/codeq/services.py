"""Both services and an issuer in this process, with nothing but the server outside.

Webhooks of migrated tasks are answered here and never sent: a rehearsal must not tell anybody anything.
"""

import json
from typing import Any

import httpx
from starlette.applications import Starlette

from harness.codeq.seed import COMMANDS
from kvstore.clock import ManualClock
from kvstore.entropy import Entropy
from worker.codeq import Issuer, Server, Settings, age, create_codeq, create_scheduler
from worker.codeq.keys import CODEQ, LEGACY

IDENTITY = "http://identity.rehearsal"
PROBE = "UNDERSTUDY_PROBE"  # the command of the sample task, so that it takes no migrated work
_SETTINGS = Settings(
    identity_service_url=IDENTITY,
    worker_jwks_url=f"{IDENTITY}/v1/.well-known/jwks.json",
    worker_issuer=IDENTITY,
    webhook_hmac_secret="rehearsal",
)


class Services:
    """``old`` speaks to the scheduler, ``new`` to codeQ; ``clock`` is both services' time."""

    def __init__(self, server: Server, clock: ManualClock, entropy: Entropy) -> None:
        self.server = server
        self.clock = clock
        self.issuer = Issuer(IDENTITY, clock, entropy)
        self._http = httpx.AsyncClient(transport=_Closed(self.issuer))
        self._scheduler = create_scheduler(server, self._http, _SETTINGS, clock, entropy)
        self._codeq = create_codeq(server, self._http, _SETTINGS, clock, entropy)
        self.id_token = self.issuer.id_token()
        # Without an end: a rehearsal's clock may go on for days.
        self.producer = self.issuer.producer_token(exp=None)
        self.admin = self.issuer.producer_token(role="ADMIN", exp=None)

    def worker(self, subject: str = "understudy", commands: tuple[str, ...] = (*COMMANDS, PROBE)) -> str:
        """A token for a worker of that name."""
        return self.issuer.worker_token(subject, commands, exp=None)

    async def old(self, path: str, body: Any = None) -> httpx.Response:
        """POST with a body, GET without one, under ``/v1/scheduler``."""
        return await _send(self._scheduler, f"/v1/scheduler{path}", body, self.id_token)

    async def new(self, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        """The same under ``/v1/codeq``, as the producer unless ``token`` is another's."""
        return await _send(self._codeq, f"/v1/codeq{path}", body, token or self.producer)

    async def metrics(self) -> httpx.Response:
        return await _send(self._codeq, "/metrics", None, self.producer)

    async def wait(self, seconds: int) -> None:
        """Time passes, for the services and for the TTLs on the server."""
        self.clock.advance(seconds * 1000)
        for prefix in (LEGACY, CODEQ):  # and nobody else's keys, if the server has any
            await age(self.server, seconds, prefix)

    async def close(self) -> None:
        await self._codeq.state.engine.callbacks.drain()
        await self._http.aclose()


class _Closed(httpx.AsyncBaseTransport):
    """The issuer, and a world in which every other address answers 200 and nothing arrives."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = httpx.ASGITransport(app=issuer.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(IDENTITY):
            return await self._issuer.handle_async_request(request)
        return httpx.Response(200)


async def _send(app: Starlette, path: str, body: Any, token: str) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://queue.rehearsal"
    ) as client:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"}
        return await client.request("GET" if body is None else "POST", path, content=content, headers=headers)
