"""``dev --conditions``: what stands between a Worker and its KV and D1, and time that moves."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kvstore import SeededEntropy, Store
from kvstore.clock import MovableClock, iso
from kvstore.conditions import Conditions
from kvstore.faults import Fault, InvocationCrashed
from kvstore.layers.invocation import Invocation, Invocations
from kvstore.layers.layer import FromHere, Layer, Within
from kvstore.layers.quotas import Ledger
from kvstore.layers.transit import OneFault, Trip
from kvstore.platform import Layers
from worker.d1 import Answer, Ask, FolderDatabase, Service
from worker.d1.layers import D1Quotas, D1Transit
from worker.javascript import VISIT_HEADER
from worker.serving import COLO
from wrangler_compat.dev.databases import SeenFrom

CLOCK: Final = "/cdn-cgi/local/clock"
_COLO: Final = "/cdn-cgi/local/colo/"
_ELSEWHERE: Final = re.compile(_COLO.encode() + rb"([A-Za-z]{3})(/.*)")
_DURATION: Final = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)", re.ASCII)
_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
# Requests to workerd that are told apart at a time; the next waits for one of them.
VISITS: Final = 64
_HEADER: Final = VISIT_HEADER.encode()


@dataclass(eq=False)
class Visit:
    """A request while it is answered: where, as which invocation, and what cut it off, once that happens."""

    colo: str
    invocation: Invocation
    crash: "asyncio.Future[InvocationCrashed]"


class Emulation:
    """The platform under ``conditions``, as a Worker in development meets it.

    Requests come to the location ``colo`` unless they say otherwise. ``fault`` happens once, counted from
    the start over all requests, to an operation of KV or a call of D1; ``say`` reports it. ``seed`` is what
    chance begins with. Replicas of D1, which sessions read, are ``lag_ms`` behind; 0 for none.
    """

    def __init__(
        self,
        conditions: Conditions,
        colo: str,
        fault: Fault | None,
        seed: int,
        say: Callable[[str], None],
        lag_ms: int = 0,
    ) -> None:
        self.clock = MovableClock()
        self._conditions = conditions
        self._colo = colo
        self._plan = OneFault(fault, Trip(conditions.latency_ms))
        self._entropy = SeededEntropy(seed)
        self._say = say
        self._told = False
        allowance = conditions.allowance
        self._invocations = Invocations(allowance.connections, allowance.operations)
        self._visit: ContextVar[Visit | None] = ContextVar("visit", default=None)
        self._bases: dict[str, Layer] = {}
        self._layers: dict[str, Layers] = {}
        self._seen: dict[str, Store] = {}
        self._places: dict[tuple[str, str], Store] = {}
        self._lag_ms = lag_ms
        self._rows = Ledger()
        self._databases: dict[str, SeenFrom] = {}
        self._ways: dict[tuple[str, str], D1Transit] = {}
        self._free = deque(range(VISITS))
        self._freed = asyncio.Condition()
        self._visits: dict[bytes, Visit] = {}

    def seen(self, namespace: str, store: Store) -> Store:
        """The namespace that ``store`` holds, as whoever asks sees it from where the request came.

        A store that is opened anew, after a change of the Worker's files, takes the place of the one before.
        """
        if namespace not in self._seen:
            base = self._bases[namespace] = Layer(store)
            first = next(iter(self._layers.values()), None)
            self._layers[namespace] = Layers(
                base, self._conditions, name=namespace, invocations=self._invocations, beside=first
            )
            self._seen[namespace] = FromHere(base, lambda: self._from_here(namespace))
        self._bases[namespace].store = store
        return self._seen[namespace]

    def _from_here(self, namespace: str) -> Store:
        visit = self._visit.get()
        place = (namespace, self._colo if visit is None else visit.colo)
        if place not in self._places:
            location = self._layers[namespace].location(place[1], self._plan, self._entropy)
            self._places[place] = location.namespace.store
        return self._places[place]

    def seen_database(self, identity: str, database: FolderDatabase) -> Service:
        """A database of D1, as it is seen from the location of the request that asks."""
        seen = self._databases.setdefault(identity, SeenFrom(self.clock, self._lag_ms))
        seen.database = database

        async def asked(ask: Ask) -> Answer:
            visit = self._visit.get()
            place = (identity, self._colo if visit is None else visit.colo)
            if place not in self._ways:
                allowance = self._conditions.allowance
                counted = D1Quotas(seen(place[1]), self.clock, allowance, self._rows)
                way = D1Transit(counted, self.clock, self._plan, self._invocations, allowance.queries)
                self._ways[place] = way
            return await self._ways[place](ask)

        return asked

    def before(self, app: ASGIApp) -> ASGIApp:
        """``app``, whose requests are visits, behind the paths that move time and say where one comes from.

        Whoever serves it puts a `Guard` before these paths.
        """

        async def emulated(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
            elif scope["path"] == CLOCK:
                await self._move(Request(scope))(scope, receive, send)
            elif scope["path"].startswith(_COLO) and not _ELSEWHERE.fullmatch(scope["raw_path"]):
                text = f"{_COLO} takes three letters and a path, such as {_COLO}NRT/"
                await PlainTextResponse(text, 404)(scope, receive, send)
            else:
                colo, scope = self._whereabouts(scope)
                await self._answered(app, colo, scope, receive, send)

        return emulated

    def _move(self, request: Request) -> Response:
        given = request.query_params.get("advance")
        if given is not None:
            duration = _DURATION.fullmatch(given)
            if duration is None:
                text = (
                    f"advance must be a whole number of ms, s, m, h or d, such as 61s, but got {given!r:.60}"
                )
                return PlainTextResponse(text, 400)
            self.clock.advance(int(duration[1]) * _UNITS[duration[2]])
        return JSONResponse({"now": iso(self.clock.now_ms()), "aheadMs": self.clock.ahead})

    def _whereabouts(self, scope: Scope) -> tuple[str, Scope]:
        elsewhere = _ELSEWHERE.fullmatch(scope["raw_path"])
        if elsewhere is None:
            return self._colo, {**scope, COLO: self._colo}
        colo, rest = elsewhere[1].decode().upper(), elsewhere[2]
        path = scope["path"][elsewhere.start(2) :]
        return colo, {**scope, COLO: colo, "path": path, "raw_path": rest}

    async def _answered(self, app: ASGIApp, colo: str, scope: Scope, receive: Receive, send: Send) -> None:
        what, begun = f"{scope.get('method', 'WebSocket')} {scope['path']}", False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with self._invocations.start(what) as invocation:
            visit = Visit(colo, invocation, asyncio.get_running_loop().create_future())
            with Within(self._visit, visit):
                try:
                    await app(scope, receive, sent)
                except InvocationCrashed as crash:
                    if begun:
                        raise ConnectionAbortedError(f"{what} was {crash}") from None
                    text = f"The request was {crash}, by --fault {self._plan.fault}"
                    await PlainTextResponse(text, 500)(scope, receive, send)
        if self._plan.fired and not self._told:
            self._told = True
            self._say(f"[wrangler:info] --fault {self._plan.fault} happened during {what}")
        for layers in self._layers.values():
            layers.forget()
        for way in self._ways.values():
            way.refused.clear()

    def numbered(self, app: ASGIApp) -> ASGIApp:
        """``app``, an answer of workerd's: a header numbers its visit, and what it asks has that number."""

        async def numbered(scope: Scope, receive: Receive, send: Send) -> None:
            visit = self._visit.get()
            assert visit is not None, "only what `before` lets through"
            async with self._freed:
                await self._freed.wait_for(lambda: bool(self._free))
                # The one that is free for longest: what the last visit left to `waitUntil` may still ask.
                number = self._free.popleft()
            told = b"%d" % number
            self._visits[told] = visit
            others = [pair for pair in scope["headers"] if pair[0] != _HEADER]
            header = (_HEADER, told + b" %d" % self.clock.ahead)
            try:
                await _until_cut_off(app({**scope, "headers": [*others, header]}, receive, send), visit)
            finally:
                async with self._freed:
                    self._free.append(number)
                    self._freed.notify()

        return numbered

    def on_the_wire(self, app: ASGIApp) -> ASGIApp:
        """``app``, the KV and D1 of a workerd, asked on behalf of the visit that a header names."""

        async def asked(scope: Scope, receive: Receive, send: Send) -> None:
            headers = dict(scope["headers"]) if scope["type"] == "http" else {}
            visit = self._visits.get(headers.get(_HEADER, b""))
            if visit is None:
                await app(scope, receive, send)
                return
            with Within(self._visit, visit), self._invocations.resume(visit.invocation):
                try:
                    await app(scope, receive, send)
                except InvocationCrashed as crash:
                    if not visit.crash.done():
                        visit.crash.set_result(crash)
                    while (await receive())["type"] != "http.disconnect":
                        """A request that was cut off gets no answer."""

        return asked


async def _until_cut_off(answering: Any, visit: Visit) -> None:
    """Raises InvocationCrashed when that comes first: then the connection to workerd is closed."""
    task = asyncio.ensure_future(answering)
    try:
        await asyncio.wait({task, visit.crash}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise visit.crash.result()
    task.result()
