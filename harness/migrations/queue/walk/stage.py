"""The stage: a copy of a namespace, a Worker over it, and a client in front of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

import worker
from harness import Call
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.client import API_KEY, CUT_OFF, Client, DirectClient, PortClient
from harness.under_way import asking
from kvstore import Event, ManualClock, SeededEntropy, SqliteStore
from kvstore.conditions import CONDITIONS, Conditions
from kvstore.faults import Fault, InvocationCrashed
from kvstore.layers.transit import OneFault, Trip
from kvstore.platform import COLO, Layers
from worker.runtime import Platform, Worker, answer_lifespan, create_app, load_worker
from worker.serving import Guard, bind, serve

QUEUE_WORKER = Path(worker.__file__).parent / "queue"
_AMPLE_BUDGET = 900  # below the 1,000 operations that an invocation may ask in production


class Stage:
    """Where a migration is rehearsed.

    ``store`` holds the copy, ``layers`` what ``conditions`` put around it. The Worker can be replaced
    (`deploy`) while clients stay connected, as on the platform. ``worker`` is its folder; ``code`` is an
    earlier stage's Worker, whose code is taken instead of loading it again.
    """

    def __init__(
        self,
        store: SqliteStore,
        conditions: Conditions = CONDITIONS["local"],
        seed: int = 1,
        code: Worker | None = None,
        worker: Path = QUEUE_WORKER,
    ) -> None:
        self.store = store
        self.conditions = conditions
        self.seed = seed
        self.layers = Layers(store, conditions)
        self._location = self.layers.location(COLO, self._plan(), SeededEntropy(seed))
        self.calls: list[Call] = []
        self._state = QueueState({})
        self._code = code
        self._worker = worker
        self._app: ASGIApp | None = None
        self._client: Client | None = None
        self._answering: set[asyncio.Task[Any]] = set()
        self._ending: BaseException | None = None

    @cached_property
    def code(self) -> Worker:
        """The Worker, loaded once."""
        clock = self.store.clock
        simulated = isinstance(clock, ManualClock)
        platform = Platform(clock, SeededEntropy(self.seed)) if simulated else None
        with asking(f"the import of {self._worker}"):
            return self._code or load_worker(self._worker, {}, platform=platform)

    def deploy(self, queue_format: str, migration: str = "documented") -> None:
        """Put the Worker of the guide on: for a format (``old``, ``dual``, ``new``) and a migration."""
        variables = {
            "QUEUE_FORMAT": queue_format,
            "QUEUE_API_KEY": API_KEY,
            "MIGRATION": migration,
            # A copy is verified once every location must see it; where all is seen at once, without delay.
            "MIGRATION_VERIFY_AFTER": "0" if self.conditions.staleness is None else "60",
            "MIGRATION_BUDGET": str(self.conditions.allowance.operations or _AMPLE_BUDGET),
        }
        deployed = self.code.with_bindings({"CACHE": self._location.namespace, **variables})
        self._app = create_app(deployed)
        if not isinstance(self._client, PortClient):
            self._client = DirectClient(deployed)

    def arm(self, fault: Fault | None) -> OneFault:
        """From now on ``fault`` happens, at its number counted from here, and nothing else; None: nothing."""
        plan = self._plan(fault)
        self._location.transit.follow(plan)
        return plan

    def _plan(self, fault: Fault | None = None) -> OneFault:
        return OneFault(fault, Trip(self.conditions.latency_ms))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
            return
        assert self._app is not None, "nothing was deployed"
        task = asyncio.current_task()
        assert task is not None, "a server answers each request in a task"
        self._answering.add(task)
        asked = asking(f"{scope['method']} {scope['path']}")
        with asked, self.layers.invocations.start(str(len(self.calls))):
            try:
                await self._app(scope, receive, send)
            except SystemExit as error:  # there is no process that it could end
                await PlainTextResponse(f"SystemExit: {error}", 500)(scope, receive, send)
            except KeyboardInterrupt as ending:  # the server would keep it to itself
                self._ending = ending
                await PlainTextResponse(CUT_OFF, 500)(scope, receive, send)
            except InvocationCrashed:
                await PlainTextResponse(CUT_OFF, 500)(scope, receive, send)
            except asyncio.CancelledError:
                # Nobody waits for the answer any more; a server asks for one until it knows that.
                while (await receive())["type"] != "http.disconnect":
                    pass
            finally:
                self._answering.discard(task)

    async def request(self, step: str, method: str, path: str, body: Any = None) -> Call:
        """Send one request, after the pause of the conditions, and note it as ``step``."""
        assert self._client is not None, "the stage is not open"
        clock, name, first = self.store.clock, str(len(self.calls)), len(self.layers.asked)
        if self.conditions.pause_ms:
            await clock.sleep(self.conditions.pause_ms / 1000)
        call = Call(name, "walk", COLO, step, method, path, body, clock.now_ms(), self.done)
        with self.layers.invocations.start(name):
            answer = await self._client.send(method, path, body)
        if self._ending is not None:
            raise self._ending
        call.answered, call.last = clock.now_ms(), self.done
        call.status, call.answer = answer.status, answer.body
        call.operations = len(self.layers.asked) - first
        self.calls.append(call)
        return call

    async def state(self) -> QueueState:
        """The namespace as it is now, in truth; what it has in common with the last state is there once."""
        known, entries = self._state.entries, await self.store.entries()
        for key, entry in entries.items():
            if (same := known.get(key)) == entry and same is not None:
                entries[key] = same
        if entries != known:
            self._state = QueueState(entries)
        return self._state

    def done_since(self, first: int) -> Sequence[Event]:
        """What reached the store from its ``first``-th operation on."""
        return self.layers.done.events[first:]

    @property
    def done(self) -> int:
        return len(self.layers.done.events)

    def fork(self) -> "Stage":
        """A stage without limits over a copy of the namespace, with nothing deployed."""
        twin = Stage(self.store.fork(), seed=self.seed, code=self.code)
        twin._state = self._state
        return twin

    @asynccontextmanager
    async def open(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen for as long as the block lasts; gives the base URL. Raises AddressInUse.

        A stage that is not open is talked to directly.
        """
        async with (
            serve(Guard().before(self), bind(host, port)) as url,
            httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as http,
        ):
            self._client = PortClient(http, lambda: len(self.layers.asked))
            try:
                yield url
            finally:
                self._client = None
                for task in self._answering:
                    task.cancel()
