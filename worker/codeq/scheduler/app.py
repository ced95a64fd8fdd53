"""The legacy scheduler behind HTTP, at ``/v1/scheduler``."""

from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy
from worker.codeq.auth import IdentityLookup
from worker.codeq.documents import COMPLETED, FAILED, Fields, Timeline
from worker.codeq.errors import Refusal
from worker.codeq.scheduler.scheduler import Scheduler
from worker.codeq.servers import Server
from worker.codeq.settings import Settings
from worker.codeq.web import (
    cleanup_terms,
    create_front,
    is_web_address,
    json_reply,
    no_content,
    optional,
    required,
    route,
)

BASE = "/v1/scheduler"


def create_scheduler(
    server: Server,
    http: httpx.AsyncClient,
    settings: Settings | None = None,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> Starlette:
    """The scheduler's app. ``http`` asks the identity service; neither it nor ``server`` is closed."""
    chosen, chance = settings or Settings(), entropy or SystemEntropy()
    timeline = Timeline(clock or SystemClock(), chosen.zone)
    identity = IdentityLookup(chosen.identity_service_url, chosen.identity_service_api_key, http)
    routes = Routes(Scheduler(server, timeline, chance, chosen), identity, timeline, chosen)
    return create_front(
        [
            route("POST", f"{BASE}/tasks", routes.create),
            route("POST", f"{BASE}/tasks/claim", routes.claim),
            route("POST", f"{BASE}/tasks/{{id}}/heartbeat", routes.heartbeat),
            route("POST", f"{BASE}/tasks/{{id}}/abandon", routes.abandon),
            # ASSUMPTION, see Scheduler.finish.
            route("POST", f"{BASE}/tasks/{{id}}/result", routes.result),
            route("GET", f"{BASE}/tasks/{{id}}", routes.read),
            route("GET", f"{BASE}/admin/queues", routes.queues),
            route("POST", f"{BASE}/admin/tasks/cleanup", routes.cleanup),
            route("GET", "/healthz", routes.healthz),
        ],
        chance,
    )


@dataclass(frozen=True, slots=True)
class Routes:
    """Requests in, answers out; a worker is whoever the body says it is."""

    scheduler: Scheduler
    identity: IdentityLookup
    timeline: Timeline
    settings: Settings

    async def create(self, request: Request) -> Response:
        await self.identity.user(request.headers)
        body = await required(request)
        command, payload = body.string("command"), body.value("payload")
        priority, webhook = body.integer("priority"), body.string("webhook")
        if not command.strip() or payload is None:
            raise Refusal(400, "invalid body")
        if webhook and not is_web_address(webhook):
            raise Refusal(400, "invalid webhook url")
        task = await self.scheduler.create(command, payload, priority, webhook)
        return json_reply(task.struct(), 202)

    async def claim(self, request: Request) -> Response:
        body, worker = await self._worker(request)
        lease = self._lease(body, "leaseSeconds")
        task = await self.scheduler.claim(worker, body.strings("commands"), lease)
        return no_content() if task is None else json_reply(task.struct())

    async def heartbeat(self, request: Request) -> Response:
        body, worker = await self._worker(request)
        seconds = self._lease(body, "extendSeconds")
        await self.scheduler.ownership.heartbeat(request.path_params["id"], worker, seconds)
        return json_reply({"ok": True})

    async def abandon(self, request: Request) -> Response:
        _, worker = await self._worker(request)
        await self.scheduler.ownership.abandon(request.path_params["id"], worker)
        return json_reply({"status": "requeued"})

    async def result(self, request: Request) -> Response:
        body, worker = await self._worker(request)
        status = body.string("status")
        if status not in (COMPLETED, FAILED):
            raise Refusal(400, "invalid status")
        task = await self.scheduler.finish(request.path_params["id"], worker, status)
        return json_reply(task.struct())

    async def read(self, request: Request) -> Response:
        await self.identity.user(request.headers)
        task = await self.scheduler.tasks.read(request.path_params["id"])
        if task is None:
            raise Refusal(404, "not found")
        return json_reply(task.struct())

    async def queues(self, request: Request) -> Response:
        await self.identity.admin(request.headers)
        return json_reply(await self.scheduler.queue_lengths())

    async def cleanup(self, request: Request) -> Response:
        await self.identity.admin(request.headers)
        asked, most, before = cleanup_terms(await optional(request), self.timeline)
        deleted = await self.scheduler.clean_up(before.seconds, most)
        return json_reply({"before": before.whole(), "deleted": deleted, "limit": asked})

    async def healthz(self, request: Request) -> Response:
        return json_reply({"status": "ok"})

    async def _worker(self, request: Request) -> tuple[Fields, str]:
        await self.identity.user(request.headers)
        body = await required(request)
        worker = body.string("workerId")
        if not worker.strip():
            raise Refusal(400, "invalid body")
        return body, worker

    def _lease(self, body: Fields, name: str) -> int:
        seconds = body.integer(name)
        return seconds if seconds > 0 else self.settings.default_lease_seconds
