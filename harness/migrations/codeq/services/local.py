"""Both services and an issuer in this process, with nothing but the server outside.

Webhooks of migrated tasks are answered here and never sent: a rehearsal must not tell anybody anything.
"""

from typing import Any, Self
from urllib.parse import quote

import httpx
from starlette.applications import Starlette

from harness.migrations.codeq.services.codeq import Codeq
from harness.migrations.codeq.services.seed import COMMANDS
from harness.migrations.codeq.services.tokens import PROBE, Tokens
from kvstore.clock import Clock
from kvstore.entropy import Entropy
from worker.codeq import (
    ClaimScriptLoaded,
    Issuer,
    Server,
    Settings,
    age,
    create_codeq,
    create_scheduler,
)
from worker.codeq.keys import CODEQ, LEGACY

IDENTITY = "http://identity.rehearsal"
_JWKS = f"{IDENTITY}/v1/.well-known/jwks.json"
# As in production: under ``env`` dev, anyone with a producer's token is administrator by a header.
_SETTINGS = Settings(
    environment="production",
    identity_service_url=IDENTITY,
    identity_jwks_url=_JWKS,
    worker_jwks_url=_JWKS,
    worker_issuer=IDENTITY,
    webhook_hmac_secret="rehearsal",
)


class Services(Codeq):
    """``old`` speaks to the scheduler, ``new`` to codeQ; ``clock`` is both services' time.

    While ``claim_script.loaded`` is set codeQ works as if its claim script were loaded on ``server``.
    """

    def __init__(self, server: Server, clock: Clock, entropy: Entropy) -> None:
        self.server = server
        self.clock = clock
        self.issuer = Issuer(IDENTITY, clock, entropy)
        self._http = httpx.AsyncClient(transport=_Closed(self.issuer))
        self._scheduler = _client(create_scheduler(server, self._http, _SETTINGS, clock, entropy))
        self.claim_script = ClaimScriptLoaded(server, loaded=False)
        codeq = create_codeq(self.claim_script, self._http, _SETTINGS, clock, entropy)
        self.client, self._callbacks = _client(codeq), codeq.state.engine.callbacks
        # Without an end: a rehearsal's clock may go on for days.
        self.tokens = Tokens(
            producer=self.issuer.producer_token(exp=None),
            worker=self.worker(),
            admin=self.issuer.producer_token(role="ADMIN", exp=None),
            legacy=self.issuer.id_token(),
            unscoped=self.issuer.worker_token("understudy", (PROBE,), scope="codeq:other", exp=None),
            foreign=self.worker(commands=("SOMETHING_ELSE",)),
        )

    def worker(self, subject: str = "understudy", commands: tuple[str, ...] = (*COMMANDS, PROBE)) -> str:
        """A token for a worker of that name."""
        return self.issuer.worker_token(subject, commands, exp=None)

    async def old(self, path: str, body: Any = None) -> httpx.Response:
        """POST with a body, GET without one, under ``/v1/scheduler``."""
        return await self.send(self._scheduler, f"/v1/scheduler{path}", body, self.tokens.legacy)

    async def wait(self, seconds: int) -> None:
        """Time passes, for the services and for the TTLs on the server."""
        await self.clock.sleep(seconds)
        for prefix in (LEGACY, CODEQ):  # and nobody else's keys, if the server has any
            await age(self.server, seconds, prefix)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._callbacks.drain()
        for client in (self._scheduler, self.client, self._http):
            await client.aclose()


def segment(text: str) -> str:
    """What comes from data, as a segment of a path."""
    return quote(text, safe="", errors="surrogatepass")


class _Closed(httpx.AsyncBaseTransport):
    """The issuer, and a world in which every other address answers 200 and nothing arrives."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = httpx.ASGITransport(app=issuer.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(IDENTITY):
            return await self._issuer.handle_async_request(request)
        return httpx.Response(200)


def _client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://queue.rehearsal")
