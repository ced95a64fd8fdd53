"""Both services on one server, with everything around them in the test's hands."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from worker.codeq import Issuer, Recording, Settings, age, create_codeq, create_scheduler

IDENTITY = "http://identity.test"
SECRET = "hush"
START = 1_795_311_283_496  # 2026-11-22T01:34:43.496Z, when the real service was recorded
SETTINGS = {
    "identity_service_url": IDENTITY,
    "worker_jwks_url": f"{IDENTITY}/v1/.well-known/jwks.json",
    "worker_issuer": IDENTITY,
    "webhook_hmac_secret": SECRET,
}


@dataclass
class Network(httpx.AsyncBaseTransport):
    """What the services can reach: the issuer, and a listener that answers ``statuses`` and then 200."""

    issuer: Issuer
    posts: list[httpx.Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    fetched: int = 0
    down: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "identity.test":
            if self.down:
                raise httpx.ConnectError("refused")
            self.fetched += 1
            return await httpx.ASGITransport(app=self.issuer.app).handle_async_request(request)
        self.posts.append(request)
        return httpx.Response(self.statuses.pop(0) if self.statuses else 200)


class Bench:
    """``call`` speaks to codeQ, ``old`` to the scheduler; ``server`` records, ``clock`` stands still."""

    def __init__(self, server: Recording, issuer: Issuer, clock: ManualClock, **settings: Any) -> None:
        self.server = server
        self.issuer = issuer
        self.clock = clock
        self.network = Network(issuer)
        chosen = Settings(**{**SETTINGS, **settings})
        entropy = SeededEntropy(7)
        http = httpx.AsyncClient(transport=self.network)
        self.codeq = create_codeq(server, http, chosen, clock, entropy)
        self.scheduler = create_scheduler(server, http, chosen, clock, entropy)
        # Without an end, so that a test's clock may go on for days.
        self.producer = issuer.producer_token(exp=None)
        self.worker = issuer.worker_token(exp=None)
        self.admin = issuer.producer_token(role="ADMIN", exp=None)
        self.id_token = issuer.id_token()

    async def call(
        self, path: str, body: Any = None, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """POST with a body, GET without one; a body that is bytes is sent as it is. Under ``/v1/codeq``."""
        return await self._send(self.codeq, f"/v1/codeq{path}", body, token or self.worker, options)

    async def old(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """The same for ``/v1/scheduler``, with an idToken."""
        return await self._send(self.scheduler, f"/v1/scheduler{path}", body, self.id_token, options)

    async def _send(
        self, app: Any, path: str, body: Any, token: str, options: dict[str, Any]
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        method = options.pop("method", "GET" if body is None else "POST")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://queue.test"
        ) as client:
            return await client.request(
                method, path, content=None if body is None else content, headers=headers, **options
            )

    async def create(self, command: str = "GENERATE_MASTER", **fields: Any) -> str:
        """A new task's id."""
        answer = await self.call("/tasks", {"command": command, "payload": {}, **fields}, self.producer)
        assert answer.status_code == 202, answer.text
        created: str = answer.json()["id"]
        return created

    async def claim(self, *commands: str, **fields: Any) -> Any:
        """The claimed task, or None."""
        answer = await self.call("/tasks/claim", {"commands": list(commands), **fields})
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.status_code == 200 else None

    async def claimed(self, **fields: Any) -> str:
        """The id of a new task that the worker holds."""
        created = await self.create(**fields)
        assert (await self.claim())["id"] == created
        return created

    async def task(self, task_id: str) -> Any:
        return json.loads(await self.server.call("HGET", "codeq:tasks", task_id))

    async def store(self, task_id: str, **fields: Any) -> None:
        """Puts a record there that no service wrote."""
        record = {"id": task_id, "command": "GENERATE_MASTER", "payload": "{}", "status": "PENDING", **fields}
        await self.server.call("HSET", "codeq:tasks", task_id, json.dumps(record))

    async def score(self, key: str, member: str) -> int:
        return int(await self.server.call("ZSCORE", key, member))

    async def lasts(self, key: str, seconds: int) -> bool:
        """Whether a key's native TTL is that, give or take the real time that the test took."""
        left: int = await self.server.call("PTTL", key)
        return seconds * 1000 - 10_000 < left <= seconds * 1000

    async def wait(self, seconds: int) -> None:
        """Time passes, for the services and for the server's own TTLs."""
        self.clock.advance(seconds * 1000)
        await age(self.server, seconds)

    async def arrived(self) -> list[httpx.Request]:
        """What the listener got, once everything on its way has arrived."""
        await self.codeq.state.engine.callbacks.drain()
        return self.network.posts


def signature(request: httpx.Request) -> str:
    """What the signature of a post should be."""
    message = request.headers["X-CodeQ-Timestamp"].encode() + b"." + request.content
    return hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
