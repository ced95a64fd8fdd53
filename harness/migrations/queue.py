"""The rehearsal of the queue migration: from one pending array to one key per task.

Walks the queue migration guide against a Worker on a real port. Two ways through it:

    steps   its "Migration Steps", with nobody else at work: status, run, deploy the new Worker, list,
            claim, complete
    guide   its "Deployment Strategy": the same, while the old daemon holds a task and goes on polling, and
            a producer's task arrives between the migration and the deployment of the new Worker
"""

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

from harness.outcome import Exchange, Outcome, Rerun
from harness.stage import Stage

Strategy = Literal["steps", "guide"]
STRATEGIES: tuple[Strategy, ...] = ("steps", "guide")

Report = Callable[[Exchange], None]


class Walk:
    """One walk through the guide on an open stage; ``tell`` hears of each answer as it comes."""

    def __init__(self, stage: Stage, strategy: Strategy, tell: Report) -> None:
        self._stage = stage
        self._strategy = strategy
        self._tell = tell
        self._born: set[str] = set()

    async def take(self) -> Outcome:
        """Walk to the end. Nothing that the Worker answers stops it."""
        stage = self._stage
        stage.deploy("old")
        at_status = await stage.state()
        status_before = await self._ask("status", "GET", "/api/migrate/status")
        held = await self._old_daemon_claims() if self._strategy == "guide" else None
        before, first = await stage.state(), len(stage.journal.events)
        run = await self._ask("run", "POST", "/api/migrate/run")
        now = stage.store.clock.now_ms() / 1000
        events, after = stage.events_since(first), await stage.state()
        status_after = await self._ask("status again", "GET", "/api/migrate/status")
        rerun = await self._run_again()
        if self._strategy == "guide":
            await self._traffic_before_deployment()
        stage.deploy("new")
        at_listing = await stage.state()
        listing = await self._ask("queue", "GET", "/api/queue")
        await self._work_on_new(held)
        return Outcome(
            at_status=at_status,
            before=before,
            after=after,
            events=events,
            now=now,
            status_before=status_before,
            run=run,
            status_after=status_after,
            rerun=rerun,
            listing=listing,
            exchanges=stage.exchanges,
            at_listing=at_listing,
            born=frozenset(self._born),
        )

    async def _ask(self, step: str, method: str, path: str, body: Any = None) -> Exchange:
        exchange = await self._stage.request(step, method, path, body)
        self._tell(exchange)
        return exchange

    async def _claim(self, step: str, worker: str) -> str | None:
        body = {"workerId": worker, "leaseDurationSec": 300}
        claimed = await self._ask(step, "POST", "/api/queue/claim", body)
        task = claimed.member("taskId")
        return task if isinstance(task, str) else None

    async def _complete(self, step: str, task: str) -> None:
        body = {"success": True, "output": "done in rehearsal"}
        await self._ask(step, "POST", f"/api/result/{segment(task)}", body)

    async def _run_again(self) -> Rerun:
        """What a second run does, tried on a copy so that the walk goes on undisturbed."""
        twin = self._stage.fork()
        twin.deploy("old")
        async with twin.open():
            before = await twin.state()
            report = await twin.request("run again", "POST", "/api/migrate/run")
            return Rerun(report, before, await twin.state())

    async def _work_on_new(self, held: str | None) -> None:
        task = await self._claim("claim", "test-worker")
        if task is not None:
            await self._complete("complete", task)
        if held is not None:
            await self._complete("old daemon completes", held)
        await self._ask("queue again", "GET", "/api/queue")

    async def _old_daemon_claims(self) -> str | None:
        return await self._claim("old daemon claims", "old-daemon")

    async def _traffic_before_deployment(self) -> None:
        await self._claim("old daemon polls", "old-daemon")
        event = {"event": {"text": "arrived during the migration", "user": "U0", "ts": "1.1"}}
        accepted = await self._ask("producer", "POST", "/webhook/slack", event)
        task = accepted.member("eventId")
        if isinstance(task, str):
            self._born.add(task)


def segment(task: str) -> str:
    """A task id as one segment of a path."""
    return quote(task, safe="")
