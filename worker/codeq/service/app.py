"""codeQ behind HTTP, at ``/v1/codeq``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy
from worker.codeq.auth import Gate, Jwks, Verifier
from worker.codeq.documents import Timeline
from worker.codeq.servers import Server
from worker.codeq.service.engine import Engine
from worker.codeq.service.routes import Routes
from worker.codeq.settings import Settings
from worker.codeq.web import create_front, route

BASE = "/v1/codeq"


def create_codeq(
    server: Server,
    http: httpx.AsyncClient,
    settings: Settings,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> Starlette:
    """codeQ's app, as the migration guide knew it. Raises SettingsError.

    ``http`` fetches keys and sends notifications and callbacks; neither it nor ``server`` is closed. While
    the app runs it takes ended subscriptions away; when it ends it waits for callbacks on their way.
    ``/healthz`` is not there, whatever the documents say.
    """
    settings.check()
    chance = entropy or SystemEntropy()
    timeline = Timeline(clock or SystemClock(), settings.zone)
    engine = Engine(server, http, timeline, chance, settings)
    routes = Routes(engine, _gate(http, timeline.clock, settings), timeline, settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(engine.sweep.run())
        yield
        sweeping.cancel()
        await engine.callbacks.drain()

    app = create_front(
        [
            route("POST", f"{BASE}/tasks", routes.create),
            route("POST", f"{BASE}/tasks/claim", routes.claim),
            route("POST", f"{BASE}/tasks/{{id}}/heartbeat", routes.heartbeat),
            route("POST", f"{BASE}/tasks/{{id}}/abandon", routes.abandon),
            route("POST", f"{BASE}/tasks/{{id}}/nack", routes.nack),
            route("POST", f"{BASE}/tasks/{{id}}/result", routes.submit),
            route("GET", f"{BASE}/tasks/{{id}}", routes.read),
            route("GET", f"{BASE}/tasks/{{id}}/result", routes.read_result),
            route("POST", f"{BASE}/workers/subscriptions", routes.subscribe),
            route("POST", f"{BASE}/workers/subscriptions/{{id}}/heartbeat", routes.extend),
            route("GET", f"{BASE}/admin/queues", routes.queues),
            route("GET", f"{BASE}/admin/queues/{{command}}", routes.queue),
            route("POST", f"{BASE}/admin/tasks/cleanup", routes.clean_up),
            route("GET", "/metrics", routes.metrics),
        ],
        chance,
        lifespan,
    )
    app.state.engine = engine
    return app


def _gate(http: httpx.AsyncClient, clock: Clock, settings: Settings) -> Gate:
    producers = Verifier(
        Jwks(settings.producer_jwks_url, http, clock),
        settings.producer_issuer,
        settings.identity_audience,
        clock,
    )
    workers = Verifier(
        Jwks(settings.worker_jwks_url, http, clock), settings.worker_issuer, settings.worker_audience, clock
    )
    return Gate(producers, workers, settings.environment == "dev", settings.allow_producer_as_worker)
