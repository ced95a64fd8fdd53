"""The rehearsal of the queue migration: from one pending array to one key per task.

Walks the queue migration guide against a Worker. Three ways through it:

    steps          its "Migration Steps", with nobody else at work: status, run, deploy the new Worker, list,
                   claim, complete
    guide          its "Deployment Strategy": the same, while the old daemon holds a task and goes on polling,
                   and a producer's task arrives between the migration and the deployment of the new Worker
    zero-downtime  what it promises and does not show: first a Worker that knows both formats, then the
                   migration while tasks arrive, are claimed and completed, then the new Worker
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal
from urllib.parse import quote

from harness import Call, carry_out
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.client import CUT_OFF
from harness.migrations.queue.walk.outcome import Outcome, Run, out_of_quota
from harness.migrations.queue.walk.stage import Stage
from kvstore import Entry, Event
from kvstore.faults import Fault
from kvstore.platform import COLO
from kvstore.store import is_over

Strategy = Literal["steps", "guide", "zero-downtime"]
STRATEGIES: tuple[Strategy, ...] = ("steps", "guide", "zero-downtime")

Migration = Literal["documented", "safe"]
MIGRATIONS: tuple[Migration, ...] = ("documented", "safe")

# A safe migration goes in steps until it says that it is done; this many without an end are a livelock.
_MOST_STEPS = 2000
_WAIT_SECONDS = 61.0

Report = Callable[[Call], None]


class Walk:
    """One walk through the guide on a stage; ``on_progress`` hears of each answer as it comes.

    ``fault`` happens during the first run, counted from its first KV operation; ``cut_off_after`` are the
    writes of a first run that was cut off after them, and is not walked again. The operator repeats the run
    until it reports success, at most ``runs`` times in all.
    """

    def __init__(
        self,
        stage: Stage,
        strategy: Strategy = "steps",
        on_progress: Report = lambda exchange: None,
        *,
        migration: Migration = "documented",
        fault: Fault | None = None,
        cut_off_after: Sequence[Event] | None = None,
        runs: int = 1,
    ) -> None:
        self._stage = stage
        self._strategy = strategy
        self._on_progress = on_progress
        self._migration = migration
        self._fault = fault
        self._cut_off_after = cut_off_after
        self._runs = runs
        self._born: set[str] = set()
        self._done: set[str] = set()
        self._fired: set[str] = set()

    async def take(self) -> Outcome:
        """Walk to the end. Nothing that the Worker answers stops it."""
        stage = self._stage
        self._deploy("dual" if self._strategy == "zero-downtime" else "old")
        at_status = await stage.state()
        status_before = await self._ask("status", "GET", "/api/migrate/status")
        held = await self._old_daemon_claims() if self._strategy == "guide" else None
        before = await stage.state()
        first, first_asked = stage.done, len(stage.layers.asked)
        runs = await self._run(before)
        after = await stage.state()
        asked = stage.layers.asked[first_asked:]
        now = stage.store.clock.now_ms() / 1000
        events = stage.done_since(first)
        status_after = await self._ask("status again", "GET", "/api/migrate/status")
        rerun = await self._run_again()
        if self._strategy == "guide":
            await self._traffic_before_deployment()
        # Nobody removes the old format's support while the safe migration says that there is something left.
        if (
            self._migration == "documented"
            or self._strategy != "zero-downtime"
            or self._is_over(runs[-1].report)
        ):
            self._deploy("new")
        at_listing = await stage.state()
        listing = await self._ask("queue", "GET", "/api/queue")
        await self._work_on_new(held)
        return Outcome(
            at_status=at_status,
            before=before,
            after=after,
            events=events,
            asked=asked,
            now=now,
            status_before=status_before,
            runs=runs,
            status_after=status_after,
            rerun=rerun,
            listing=listing,
            calls=stage.calls,
            at_listing=at_listing,
            born=frozenset(self._born),
            done=frozenset(self._done),
            planned=() if self._fault is None else (str(self._fault),),
            fired=tuple(self._fired),
        )

    def _deploy(self, queue_format: str) -> None:
        self._stage.deploy(queue_format, self._migration)

    async def _run(self, state: QueueState) -> list[Run]:
        """Run the migration on ``state``, again and again if it must be."""
        stage, entries = self._stage, dict(state.entries)
        armed = stage.arm(self._fault)
        runs: list[Run] = []
        while len(runs) < (_MOST_STEPS if self._migration == "safe" else self._runs):
            first = stage.done
            step = f"run {len(runs) + 1}" if runs else "run"
            report = await (self._cut_off() if self._is_cut_off and not runs else self._ask_run(step))
            if self._fault is not None and armed.fired:
                self._fired.add(str(self._fault))
                stage.arm(None)  # whatever it was, it ends with the invocation
            runs.append(self._written(report, stage.done_since(first), entries))
            first = stage.done
            if self._is_over(report) or out_of_quota(report):
                break
            await self._between_runs(runs)
            for event in stage.done_since(first):
                carry_out(event, entries)
        stage.arm(None)
        return runs

    def _written(self, report: Call, events: Sequence[Event], entries: dict[str, Entry]) -> Run:
        """A run that answered ``report``; its ``events`` are carried out on ``entries``."""
        keys = sorted({event.key for event in events})
        before = self._live(keys, entries)
        for event in events:
            carry_out(event, entries)
        return Run(report, before, self._live(keys, entries))

    def _live(self, keys: Sequence[str], entries: dict[str, Entry]) -> QueueState:
        now = self._stage.store.clock.now_ms()
        found = ((key, entries[key]) for key in keys if key in entries)
        return QueueState({key: entry for key, entry in found if not is_over(entry.expiration, now)})

    def _is_over(self, report: Call) -> bool:
        if self._migration == "safe":
            return report.member("done") is True
        return report.status == 200 and report.member("success") is True

    async def _between_runs(self, runs: list[Run]) -> None:
        """Other people work between two steps; an operator whose step moved nothing waits."""
        if self._strategy == "zero-downtime":
            await self._traffic(len(runs))
        idle = self._migration == "safe" and runs[-1].before.entries == runs[-1].after.entries
        if idle and self._stage.conditions.simulated:
            await self._stage.store.clock.sleep(_WAIT_SECONDS)

    async def _traffic(self, number: int) -> None:
        """A task arrives, and another is claimed and completed."""
        event = {"event": {"text": "arrived meanwhile", "user": "U0", "ts": f"{number}.5"}}
        accepted = await self._stage.request("producer", "POST", "/webhook/slack", event)
        if isinstance(accepted.member("eventId"), str):
            self._born.add(accepted.member("eventId"))
        body = {"workerId": "daemon", "leaseDurationSec": 300}
        claimed = await self._stage.request("daemon claims", "POST", "/api/queue/claim", body)
        task = claimed.member("taskId")
        if isinstance(task, str):
            result = {"success": True, "output": "done in rehearsal"}
            done = await self._stage.request(
                "daemon completes", "POST", f"/api/result/{segment(task)}", result
            )
            if done.status == 200:
                self._done.add(task)

    @property
    def _is_cut_off(self) -> bool:
        return self._cut_off_after is not None

    async def _ask_run(self, step: str) -> Call:
        return await self._ask(step, "POST", "/api/migrate/run")

    async def _cut_off(self) -> Call:
        """What a run that is cut off leaves behind: its writes, and no answer."""
        store = self._stage.layers.done
        writes = self._cut_off_after or ()
        for event in writes:
            if event.verb == "put" and event.entry is not None:
                await store.put(event.key, event.entry)
            else:
                await store.delete(event.key)
        now = self._stage.store.clock.now_ms()
        return Call(
            "", "walk", COLO, "run", "POST", "/api/migrate/run", None, now, self._stage.done,
            answered=now, status=500, answer=CUT_OFF, operations=len(writes),
        )  # fmt: skip

    async def _ask(self, step: str, method: str, path: str, body: Any = None) -> Call:
        exchange = await self._stage.request(step, method, path, body)
        self._on_progress(exchange)
        return exchange

    async def _claim(self, step: str, worker: str) -> str | None:
        body = {"workerId": worker, "leaseDurationSec": 300}
        claimed = await self._ask(step, "POST", "/api/queue/claim", body)
        task = claimed.member("taskId")
        return task if isinstance(task, str) else None

    async def _complete(self, step: str, task: str) -> None:
        body = {"success": True, "output": "done in rehearsal"}
        await self._ask(step, "POST", f"/api/result/{segment(task)}", body)

    async def _run_again(self) -> Run:
        """What a second run does, tried on a copy so that the walk goes on undisturbed."""
        twin = self._stage.fork()
        twin.deploy("dual" if self._strategy == "zero-downtime" else "old", self._migration)
        before = await twin.state()
        report = await twin.request("run again", "POST", "/api/migrate/run")
        twin.layers.asked.clear()  # one for every id, and the twin is in a circle with its Worker
        return Run(report, before, await twin.state())

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
