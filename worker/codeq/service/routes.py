"""codeQ's answers to requests."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from worker.codeq.auth import Gate, WorkerIdentity
from worker.codeq.auth.gate import ABANDON, CLAIM, EVERY_EVENT, HEARTBEAT, NACK, RESULT, SUBSCRIBE
from worker.codeq.documents import Struct, Subscription, Task, Timeline
from worker.codeq.errors import DocumentError, Refusal
from worker.codeq.keys import BUILT_IN_COMMANDS
from worker.codeq.service.claims.claims import POLL_SECONDS
from worker.codeq.service.engine import Engine
from worker.codeq.service.orders import order
from worker.codeq.settings import Settings
from worker.codeq.web import cleanup_terms, json_reply, no_content, optional, required

LONGEST_WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Routes:
    """One method for each route: who asks, what for, and the engine's answer."""

    engine: Engine
    gate: Gate
    timeline: Timeline
    settings: Settings

    async def create(self, request: Request) -> Response:
        await self.gate.producer(request.headers)
        ordered = order(await required(request), self.timeline, self.settings)
        task = await self.engine.creation.create(ordered)
        return json_reply(task.struct(), 202)

    async def claim(self, request: Request) -> Response:
        worker = await self.gate.worker(request.headers, CLAIM)
        body = await required(request)
        commands, lease = body.strings("commands"), body.integer("leaseSeconds")
        wait = min(body.integer("waitSeconds"), LONGEST_WAIT_SECONDS)
        if not all(worker.may_take(command) for command in commands):
            raise Refusal(403, "event type not allowed")
        if not worker.subject:
            raise Refusal(500, "workerId is required")
        chosen = commands or _own_commands(worker)
        task = await self._poll(request, worker.subject, chosen, self._lease(lease), wait)
        return no_content() if task is None else json_reply(task.struct())

    async def _poll(
        self, request: Request, worker: str, commands: list[str], lease: int, wait: int
    ) -> Task | None:
        """The whole claim every 250 ms until there is a task, ``wait`` seconds are over or nobody waits."""
        clock = self.timeline.clock
        end = clock.now_ms() + wait * 1000
        while True:
            task = await self.engine.claims.claim(worker, commands, lease)
            if task is not None or clock.now_ms() >= end or await request.is_disconnected():
                return task
            await clock.sleep(POLL_SECONDS)

    async def heartbeat(self, request: Request) -> Response:
        worker = await self.gate.worker(request.headers, HEARTBEAT)
        seconds = (await required(request)).integer("extendSeconds")
        await self.engine.ownership.heartbeat(_id(request), worker.subject, self._lease(seconds))
        return json_reply({"ok": True})

    async def abandon(self, request: Request) -> Response:
        worker = await self.gate.worker(request.headers, ABANDON)
        await self.engine.ownership.abandon(_id(request), worker.subject)
        return json_reply({"status": "requeued"})

    async def nack(self, request: Request) -> Response:
        worker = await self.gate.worker(request.headers, NACK)
        body = await required(request)
        delay, reason = body.integer("delaySeconds"), body.string("reason")
        nacked = await self.engine.nack.by_worker(_id(request), worker.subject, delay, reason)
        return json_reply({"delaySeconds": nacked.delay, "status": nacked.status})

    async def submit(self, request: Request) -> Response:
        worker = await self.gate.worker(request.headers, RESULT)
        body = await required(request, "invalid request body")
        try:
            result = await self.engine.results.submit(_id(request), worker.subject, body)
        except DocumentError as error:
            raise Refusal(400, "invalid request body") from error
        return json_reply(result.struct())

    async def read(self, request: Request) -> Response:
        await self.gate.anyone(request.headers)
        task = await self.engine.tasks.read(_id(request))
        if task is None:
            raise Refusal(404, "not found")
        return json_reply(task.struct())

    async def read_result(self, request: Request) -> Response:
        await self.gate.anyone(request.headers)
        result, task = await self.engine.results.read(_id(request))
        return json_reply({"result": result.struct(), "task": task.struct()})

    async def subscribe(self, request: Request) -> Response:
        await self.gate.worker(request.headers, SUBSCRIBE)
        return _lasting(await self.engine.subscriptions.create(await required(request)))

    async def extend(self, request: Request) -> Response:
        await self.gate.worker(request.headers, SUBSCRIBE)
        seconds = (await optional(request)).integer("ttlSeconds")
        return _lasting(await self.engine.subscriptions.extend(_id(request), seconds))

    async def queues(self, request: Request) -> Response:
        await self.gate.admin(request.headers)
        return json_reply(await self.engine.statistics.all_queues())

    async def queue(self, request: Request) -> Response:
        await self.gate.admin(request.headers)
        return json_reply(await self.engine.statistics.of(request.path_params["command"]))

    async def clean_up(self, request: Request) -> Response:
        await self.gate.admin(request.headers)
        asked, most, before = cleanup_terms(await optional(request), self.timeline)
        deleted = await self.engine.cleanup.run(before.seconds, most)
        return json_reply({"before": before.whole(), "deleted": deleted, "limit": asked})

    async def metrics(self, request: Request) -> Response:
        text = await self.engine.statistics.metrics()
        return Response(text, media_type="text/plain; version=0.0.4")

    def _lease(self, seconds: int) -> int:
        return seconds if seconds > 0 else self.settings.default_lease_seconds


def _id(request: Request) -> str:
    task_id: str = request.path_params["id"]
    return task_id


def _own_commands(worker: WorkerIdentity) -> list[str]:
    """What a worker takes that does not say: its token's event types. codeQ's order of them is by chance."""
    return list(BUILT_IN_COMMANDS if EVERY_EVENT in worker.event_types else worker.event_types)


def _lasting(subscription: Subscription) -> Response:
    return json_reply(Struct(expiresAt=str(subscription.expires_at), subscriptionId=subscription.id))
