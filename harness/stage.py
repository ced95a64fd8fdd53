"""The stage: a copy of a namespace, a Worker on a real port over it, and a client in front of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

import worker
from harness.outcome import Exchange
from harness.queue_state import QueueState
from kvstore import Event, Journal, KVNamespace, SqliteStore
from kvstore.clock import stopwatch
from worker.runtime import Worker, bind, create_app, load_worker, serve

QUEUE_WORKER = Path(worker.__file__).parent / "queue"
API_KEY = "rehearsal-queue-key"
_TIMEOUT_SECONDS = 600


class Stage:
    """Where a migration is rehearsed.

    ``store`` holds the copy; every operation on it is in ``journal``. The Worker can be replaced while the
    port stays (`deploy`), as on the platform. Made by `open_stage`.
    """

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.journal = Journal(store)
        self.exchanges: list[Exchange] = []
        self.worker: Worker | None = None
        self._app: ASGIApp | None = None
        self._client: httpx.AsyncClient | None = None

    def deploy(self, queue_format: str) -> None:
        """Put the Worker of the guide on, for one of its formats: ``old`` or ``new``."""
        bindings = {
            "CACHE": KVNamespace(self.journal),
            "QUEUE_FORMAT": queue_format,
            "QUEUE_API_KEY": API_KEY,
        }
        self.worker = load_worker(QUEUE_WORKER, bindings)
        self._app = create_app(self.worker)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        assert self._app is not None, "nothing was deployed"
        with self.journal.invocation(f"{len(self.exchanges)}"):
            await self._app(scope, receive, send)

    async def request(
        self, step: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Exchange:
        """Send one request and note the exchange under the name ``step``."""
        assert self._client is not None, "the stage is not open"
        start, first = stopwatch(), len(self.journal.events)
        answer = await self._client.request(
            method, path, json=body, headers={"X-API-Key": API_KEY, **(headers or {})}
        )
        try:
            content = answer.json()
        except ValueError:
            content = answer.text
        exchange = Exchange(
            step,
            method,
            path,
            answer.status_code,
            content,
            stopwatch() - start,
            len(self.journal.events) - first,
        )
        self.exchanges.append(exchange)
        return exchange

    async def state(self) -> QueueState:
        """The namespace as it is now."""
        return QueueState(await self.store.entries())

    def events_since(self, first: int) -> Sequence[Event]:
        return self.journal.events[first:]

    def fork(self) -> "Stage":
        """A stage over a copy of the namespace, with nothing deployed and not yet open."""
        return Stage(self.store.fork())

    @asynccontextmanager
    async def open(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen for as long as the block lasts; gives the base URL. Raises AddressInUse."""
        async with (
            serve(self, bind(host, port)) as url,
            httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client,
        ):
            self._client = client
            try:
                yield url
            finally:
                self._client = None
                if self.worker is not None:
                    await self.worker.background.drain()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
