"""A Worker that is deployed for one test: its bindings are empty, and its time stands still."""

import sys
from asyncio import Task
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar

from anyio.lowlevel import checkpoint

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.migration import Stage
from harness.outbound import Outbound
from harness.system.javascript.code import JavaScriptCode, JavaScriptWorker
from harness.system.javascript.invocation import Host
from harness.system.noted import NotedNamespace
from harness.system.stages import LoadedStage, stage_of
from harness.system.transport import read_to_end
from harness.terminal.numbers import read_moment
from harness.testing.answer import Answer
from harness.testing.keys import Keys
from harness.testing.timeline import Timeline
from harness.world.databases import DeployedDatabases
from harness.world.objects import DeployedObjects
from kvstore import KVNamespace, Store, StrictNamespace, StrictStorage
from kvstore.conditions import COLOS, CONDITIONS, Conditions
from kvstore.faults import InvocationCrashed
from kvstore.javascript.stream import ReadableStream
from kvstore.layers.transit import Plan, Transit, Trip
from kvstore.platform import Layers
from kvstore.stores.memory import MemoryStore
from worker.config import config_in, find_config, load_config
from worker.durable.alarms import Alarms, is_last
from worker.runtime import LoadError, Worker, users_traceback
from worker.runtime.background import WAIT_UNTIL_SECONDS
from worker.runtime.scheduled import ScheduledController
from worker.sdk.context import current
from worker.sdk.http.request import Request

T = TypeVar("T")
AnyWorker = Worker | JavaScriptWorker

ORIGIN: Final = "https://worker.example"


@dataclass(frozen=True, slots=True)
class Options:
    """How a Worker is deployed for a test.

    path         the folder of its configuration, or one below it
    env          which environment of the configuration, None for the top level
    strict       keys are listed as only production does it: short pages, and cursors that were issued
    conditions   ``local``, or with stale reads, late listings, and quotas: ``production``, ``free``
    at           when the test begins, as ISO 8601
    fresh        load the Worker's code anew, as a new isolate does; its globals are kept otherwise
    """

    path: Path
    env: str | None = None
    strict: bool = False
    conditions: str = "local"
    at: str = "2026-01-01T00:00:00Z"
    fresh: bool = False


@lru_cache(maxsize=32)
def _stage(path: Path, env: str | None) -> LoadedStage:
    config_path = config_in(path) or find_config(path)
    if config_path is None:
        raise LoadError(f"no wrangler.toml, wrangler.json or wrangler.jsonc in {path} or above it")
    config = load_config(config_path, env)
    return stage_of("worker", Stage(config.root), config, lambda one: one.local_id, tested=True)


def _at_once(invocation: str, ordinal: int, verb: Any, key: str) -> Trip:
    return _AT_ONCE


_AT_ONCE: Final = Trip()


class Deployed:
    """Requests go in by `send`; ``logs`` are the lines that the Worker printed, ``errors`` what its handlers
    raised, ``background_errors`` what its background work did.

    Everything is in memory. Time is the loop's: it goes on while somebody sleeps, and as the test says.
    """

    def __init__(self, options: Options) -> None:
        if options.fresh:
            _stage.cache_clear()
        self._stage = _stage(options.path, options.env)
        self._is_strict = options.strict
        self._conditions: Conditions = CONDITIONS[options.conditions]
        # What a loop without input and output never gets asked for is left out of it.
        self._loop = SimulatedLoop(Chance(1, "loop"))  # type: ignore[abstract]
        self.clock = LoopClock(self._loop, read_moment(options.at))
        self._stage.worker_code.enter(self.clock, 1)
        self._layers: dict[str, Layers] = {}
        self._transits: dict[str, list[Transit]] = {}
        self._plans: dict[str, Plan] = {}
        stores = {label: MemoryStore(self.clock) for label in {**self._stage.namespaces}.values()}
        for label, store in stores.items() or [("", MemoryStore(self.clock))]:
            first = next(iter(self._layers.values()), None)
            self._layers[label] = Layers(store, self._conditions, names=True, name=label, beside=first)
        self.outbound = Outbound()
        self.logs = Logs()
        self.errors: list[BaseException] = []
        self.background_errors: list[BaseException] = []
        first = next(iter(self._layers.values()))
        self._invocations = first.invocations
        self.timeline = Timeline(self.clock.now_ms(), first.asked, self._names)
        self._databases = DeployedDatabases(1, self.clock, self._invocations, _at_once)
        self._objects = DeployedObjects(1, self.clock, self._invocations)
        self._alarms = Alarms(self.clock, Chance(1, "alarms"), self._ring, automatic=True)
        self._host = Host(self._set_alarm, self.errors.append, self.background_errors.append)
        self._workers: dict[str, AnyWorker] = {}
        self._shared: dict[str, object] | None = None
        self.keys = {
            name: Keys(name, stores[label], self.clock, self.complete, self._follower(label))
            for name, label in self._stage.namespaces.items()
        }

    @property
    def _names(self) -> Mapping[str, str]:
        """The binding of each namespace."""
        return {label: name for name, label in self._stage.namespaces.items()}

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, in virtual time."""
        return self._loop.complete(work)

    async def beside(self, work: Coroutine[Any, Any, T]) -> T:
        """The same for an async test: what else it has sent by then goes on at the same time."""
        task: Task[T] = self._loop.create_task(work)
        await checkpoint()
        return self._loop.complete(task)

    async def send(
        self, colo: str, method: str, url: str, headers: list[tuple[str, str]], content: bytes
    ) -> Answer:
        """What the Worker answers in a location, once its background work is done.

        An exception of its own is a 500 with the traceback. Raises ConnectionError where a client would get
        no answer.
        """
        worker = self._worker(colo)
        request = Request.from_parts(method, url, headers, content, {"colo": colo})
        with self.timeline.call(self.clock, colo, f"{method} {url.removeprefix(ORIGIN)}") as call:
            with self._invocations.start(call.name) as invocation:
                answer = await self._within(worker, self._fetched(worker, request))
            answer.operations = invocation.operations
            call.outcome = str(answer.status)
            return answer

    async def schedule(self, cron: str) -> None:
        """Run the scheduled handler. Raises what it raises."""
        worker = self._worker(COLOS[0])
        with (
            self.timeline.call(self.clock, COLOS[0], f"scheduled {cron}") as call,
            self._invocations.start(call.name),
        ):
            await self._within(worker, worker.scheduled(ScheduledController(cron, self.clock.now_ms())))
            call.outcome = "done"

    async def _ring(self, name: str, retry: int) -> bool:
        """Ring the alarm of a JavaScript Worker's Durable Object; False when it is to ring again."""
        worker = self._worker(COLOS[0])
        assert isinstance(worker, JavaScriptWorker)
        class_name, digits = name.split("/")
        with self._invocations.start("alarm"):
            rang = await self._within(worker, worker.ring(class_name, digits, retry))
        return rang or is_last(retry)

    def _set_alarm(self, class_name: str, digits: str, when: int | None) -> None:
        self._alarms.set(f"{class_name}/{digits}", when)

    async def _within(self, worker: AnyWorker, event: Awaitable[T]) -> T:
        """The result of an event, with its output noted and its way out ours, once the background is done."""
        with (
            current(None, None, self.outbound, worker.platform if isinstance(worker, Worker) else None),
            redirect_stdout(self.logs.beside(sys.stdout)),
            redirect_stderr(self.logs.beside(sys.stderr)),
        ):
            try:
                return await event
            except InvocationCrashed as error:
                raise ConnectionError(f"no answer was sent: {error}") from None
            finally:
                await worker.background.drain(WAIT_UNTIL_SECONDS)

    async def _fetched(self, worker: AnyWorker, request: Request) -> Answer:
        try:
            parts = await worker.fetch(request)
            body = parts.body or b""
            content = await read_to_end(aiter(body)) if isinstance(body, ReadableStream) else body
        except Exception as error:
            self.errors.append(error)
            text = users_traceback(error, worker.space) if isinstance(worker, Worker) else str(error)
            return Answer(500, [("content-type", "text/plain;charset=utf-8")], text.encode())
        return Answer(parts.status, parts.headers, bytes(content))

    def _worker(self, colo: str) -> AnyWorker:
        """The Worker as it is bound in a location. Raises ValueError for one that there is not."""
        if colo not in COLOS:
            raise ValueError(f"colo={colo!r} is not a location: write one of {', '.join(COLOS)}")
        if colo not in self._workers:
            namespaces = {name: self._bound(label, colo) for name, label in self._stage.namespaces.items()}
            bindings = {**self._stage.variables, **namespaces}
            if self._shared is None:
                self._databases.apply(self._stage)
                databases = self._databases.bindings(self._stage)
                self._shared = dict(databases)
                if not isinstance(self._stage.worker_code, JavaScriptCode):  # those are in workerd
                    self._shared |= self._objects.deploy(self._stage, {**bindings, **databases})
            worker = self._stage.worker_code.code.with_bindings({**bindings, **self._shared})
            assert isinstance(worker, AnyWorker)
            if isinstance(worker, Worker):
                worker.on_error = self.background_errors.append
            else:
                worker.host = self._host
            self._workers[colo] = worker
        return self._workers[colo]

    def _bound(self, label: str, colo: str) -> KVNamespace:
        plan, chance = self._plans.get(label, _at_once), Chance(1, f"edge/{colo}")
        binding = partial(self._binding, label)
        location = self._layers[label].location(colo, plan, chance, binding)
        self._transits.setdefault(label, []).append(location.transit)
        return location.namespace

    def _binding(self, label: str, store: Store) -> KVNamespace:
        """The same pages and cursors in every run."""
        if isinstance(self._stage.worker_code, JavaScriptCode):
            first = next(iter(self._layers.values()))
            strict = StrictStorage(store, entropy=Chance(1, "pages")) if self._is_strict else None
            return NotedNamespace(store, self._invocations, first.asked, label, strict)
        return StrictNamespace(store, Chance(1, "pages")) if self._is_strict else KVNamespace(store)

    def _follower(self, label: str) -> Callable[[Plan], None]:
        def follow(plan: Plan) -> None:
            self._plans[label] = plan
            for transit in self._transits.get(label, ()):
                transit.follow(plan)

        return follow

    def close(self) -> None:
        self._alarms.close()
        self._objects.close()
        self._databases.close()
        self._loop.run(_nothing())


async def _nothing() -> None:
    """It makes no difference."""


class Logs(list[str]):
    """The lines, in their order, of standard output and standard error."""

    def beside(self, out: TextIO) -> "_Noted":
        """A stream that writes to ``out`` as well."""
        return _Noted(self, out)


class _Noted:
    def __init__(self, lines: list[str], out: TextIO) -> None:
        self._lines = lines
        self._out = out
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        self._lines += lines
        return self._out.write(text)

    def flush(self) -> None:
        self._out.flush()

    def isatty(self) -> bool:
        return False
