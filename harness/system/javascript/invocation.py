"""A request in an isolate: what it asks is done in the simulation; while it computes, time stands still."""

import asyncio
import json
import sys
from collections.abc import Callable, Generator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast
from urllib.parse import SplitResult, parse_qs, urlsplit

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.outbound import Outbound
from harness.system.deployment import NotSequential
from harness.system.javascript.isolates import Held, Lane
from harness.system.javascript.messages import Message, written
from harness.system.noted import NotedNamespace
from harness.system.transport import BrokenOff
from kvstore import KVError, KVNamespace, StoreError
from kvstore.faults import InvocationCrashed
from kvstore.javascript.json_text import stringify
from kvstore.storage.storage import Storage
from kvstore.store import Verb
from worker.d1 import Service
from worker.d1.wire import TOKEN_HEADER, answered
from worker.javascript import WorkerdError
from worker.kvwire import Asked, Reply, answer, refused
from worker.kvwire.operations import METADATA_HEADER
from worker.sdk.http.request import RequestParts
from worker.sdk.http.response import ResponseParts
from worker.sdk.surroundings import surroundings

SetAlarm = Callable[[str, str, int | None], None]
"""Called with the class and the id of a Durable Object, and when its alarm rings (ms), None for never."""

# Statuses by which our own module understands what the KV binding has no place for.
_WITHOUT_RESULT: Final = 599
_MARK: Final = "\0understudy"
_HUNG: Final = b"Error: workerd ended the request: the Worker waits for what never comes"
_NOT_SENT_ON: Final = ("content-length", "transfer-encoding", "connection", "understudy", "host")


class JavaScriptError(Exception):
    """What a JavaScript Worker threw: its stack, in the user's own files."""


@dataclass(frozen=True, slots=True)
class Host:
    """What a test has to do with the Worker while it runs; a simulation has none.

    What fetch handlers and alarms threw goes to ``on_error``, what failed in the background to
    ``on_background_error``; what was printed is printed.
    """

    set_alarm: SetAlarm
    on_error: Callable[[BaseException], None]
    on_background_error: Callable[[BaseException], None]


class Surroundings(Protocol):
    """What an invocation asks of the code that it runs."""

    clock: LoopClock | None
    chance: Chance

    def now_ms(self) -> int: ...
    def in_one_line(self, stack: str) -> str: ...
    def is_parallel(self, method: str, path: str) -> bool: ...
    def was_parallel(self, method: str, path: str) -> NotSequential: ...
    def was_sequential(self, method: str, path: str) -> None: ...


@dataclass(eq=False)
class Invocation:
    """A request in ``lane``, with ``namespaces`` and ``databases`` by their bindings, and ``variables`` where
    they are others than the configuration's; ``host`` in a test.

    ``goes_on`` says whether it has work left when it is answered; awaited, it is that work. ``error`` is what
    the handler threw.
    """

    _code: Surroundings
    _lane: Lane
    _namespaces: Mapping[str, KVNamespace]
    _databases: Mapping[str, Service]
    _variables: Mapping[str, Any] | None = None
    _host: Host | None = None
    goes_on: bool = field(default=False, init=False)
    error: JavaScriptError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._outbound = surroundings().outbound
        self._storages: dict[str, Storage] = {}
        self._loop = cast(SimulatedLoop, asyncio.get_running_loop())
        self._context = copy_context()
        self._answered: asyncio.Future[ResponseParts] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._kind = "", ""
        self._is_parallel = True

    async def answer(self, request: RequestParts, cf: Any, **event: Any) -> ResponseParts:
        """What the Worker answers to a request, with ``cf``; or to another ``event``, ``scheduled`` or
        ``alarm``, about which this says what our own module is told.

        Raises InvocationCrashed where it is cut off, and BrokenOff where the body is.
        """
        chance, lane = self._code.chance, self._lane
        lane.is_busy, lane.ended = True, self._ended
        url = urlsplit(request.url)
        self._kind = request.method, url.path or "/"
        self._is_parallel = self._code.is_parallel(*self._kind)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = [("Host", url.netloc), *(one for one in request.headers if one[0] not in _NOT_SENT_ON)]
        drawn = chance.number(), chance.number()
        about: dict[str, object] = {
            "now": self._code.now_ms(),
            "seed": [number >> half & 0xFFFFFFFF for number in drawn for half in (0, 32)],
            "outside": isinstance(self._outbound, Outbound),
            **event,
        }
        if self._variables is not None:
            about["variables"] = self._variables
        lane.ask(f"{request.method} {target} HTTP/1.1", headers, request.body, about, cf)
        try:
            self._begin(await self._one_after_the_other())
            return await self._answered
        except (NotSequential, WorkerdError):
            raise
        except BaseException:
            self._cut_off()
            raise

    async def _one_after_the_other(self) -> list[Held]:
        """While the isolate waits for one thing only, that needs no task of its own. Returns what it asks
        when that is no longer so. Raises what `answer` does, and NotSequential.
        """
        while len(asked := self._computed()) == 1 and self._lane.answer is None:
            [held] = asked
            held.tell(await self._told(held))
        return asked

    def __await__(self) -> Generator[Any, None, None]:
        """Wait until the work that was left to ``waitUntil`` is done; cut it off when this is cancelled."""
        return self._rest().__await__()

    async def _rest(self) -> None:
        try:
            await self._ended
        except BaseException:
            self._cut_off()
            raise

    def _settle(self) -> None:
        """Let the isolate compute, and begin what it asks."""
        self._begin(self._computed())

    def _begin(self, asked: list[Held]) -> None:
        for held in asked:
            task = self._loop.create_task(self._carry_out(held), context=self._context.copy())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not self._answered.done() and (self._lane.answer is not None or self._lane.broken):
            try:
                self._answered.set_result(self._response())
            except BrokenOff as error:
                self._answered.set_exception(error)
        if self._answered.done() and self._lane.counts.waiting == 0:
            self._end()

    def _computed(self) -> list[Held]:
        """What the isolate asks when it has come to rest. Raises NotSequential."""
        if self._is_parallel:
            return self._lane.settle()
        try:
            return self._lane.step()
        except NotSequential:
            if self._host is not None:  # a test is not begun anew
                self._is_parallel = True
                return self._lane.settle()
            self._lane.is_poisoned = True
            raise self._code.was_parallel(*self._kind) from None

    def _response(self) -> ResponseParts:
        """What the isolate has answered. Raises BrokenOff."""
        message, about = self._lane.answer, self._lane.about
        self.goes_on = self._lane.counts.waiting > 0
        if message is None or not about:
            return ResponseParts(500, "", [], _HUNG)
        if "broken" in about:
            raise BrokenOff(f"the answer broke off: {about['broken']}")
        if "error" in about:
            text = self._code.in_one_line(about["error"])
            self.error = JavaScriptError(text)
            return ResponseParts(500, "", [], text.encode())
        headers = [one for one in message.headers if one[0] not in _NOT_SENT_ON]
        return ResponseParts(int(message.first.split(" ", 2)[1]), "", headers, message.body)

    def _end(self) -> None:
        if self._host is not None and not self._ended.done():
            self._tell_host(self._host)
        self._lane.is_busy = False
        if not self._ended.done():
            self._ended.set_result(None)

    def _tell_host(self, host: Host) -> None:
        counts = self._lane.counts
        if counts.most <= 1 and not self.goes_on:
            self._code.was_sequential(*self._kind)
        if not counts.heard:
            return
        lines, failed = self._lane.heard()
        for level, line in lines:
            print(line, file=sys.stderr if level in ("error", "warn") else sys.stdout)
        for stack in failed:
            host.on_background_error(JavaScriptError(self._code.in_one_line(stack)))

    def _cut_off(self) -> None:
        """End it here and now: the client hangs up, and what goes on without it is never told anything."""
        if not self._ended.done():
            lane = self._lane
            lane.hang_up()
            if lane.settle() or lane.counts.waiting:
                lane.is_poisoned = True
            self._end()
            if lane.counts.most > 1 and not self._is_parallel and not self._loop.is_ending:
                raise self._code.was_parallel(*self._kind)

    async def _carry_out(self, held: Held) -> None:
        try:
            told = await self._told(held)
        except InvocationCrashed as crash:
            if not self._answered.done():
                self._answered.set_exception(crash)
            elif not self._ended.done():
                self._cut_off()
            return
        if held.is_open and not self._ended.done():
            held.tell(told)
            self._settle()

    async def _told(self, held: Held) -> bytes:
        """The message that answers it. Raises InvocationCrashed."""
        message, binding = held.message, held.binding
        method, target, _ = message.first.split(" ", 2)
        if not binding:
            return written(*await self._without_binding(message, urlsplit(target)))
        if binding in self._databases:
            return await self._queried(self._databases[binding], message, urlsplit(target))
        path, _, query = target.encode("latin-1").partition(b"?")
        metadata = message.header(METADATA_HEADER) if method == "PUT" else None
        if metadata is not None:
            metadata = metadata.encode("latin-1").decode("utf-8", "replace")
        asked = Asked(method, path, query, metadata, message.body)
        verb = asked.verb
        told = await self._asked(self._namespaces[binding], binding, asked, verb or "get")
        return self._as_workerd_reads(asked, verb, told)

    async def _queried(self, database: Service, message: Message, url: SplitResult) -> bytes:
        token = message.header(TOKEN_HEADER)
        told = await answered(database, url.path, url.query, token, message.body)
        headers = {**told.headers, "understudy-now": str(self._code.now_ms())}
        return written(f"HTTP/1.1 {told.status} OK", headers, told.body)

    async def _asked(self, namespace: KVNamespace, binding: str, asked: Asked, verb: Verb) -> Reply:
        storage = self._storages.get(binding)
        if storage is None:
            strict = namespace.strict if isinstance(namespace, NotedNamespace) else None
            storage = self._storages[binding] = strict or Storage(namespace.store)
        try:
            if not isinstance(namespace, NotedNamespace):
                return await answer(storage, asked)
            key = asked.path[1:].decode("latin-1")
            return await namespace.noted(verb, (key,), answer(storage, asked))
        except (KVError, StoreError) as error:
            return refused(error)

    def _as_workerd_reads(self, asked: Asked, verb: Verb | None, told: Reply) -> bytes:
        """An error goes without a body: workerd reads none, and opens a new connection where one is left."""
        now, status = self._code.now_ms(), told.status
        body = told.body if status == 200 else b""
        if status == 200 and verb in ("put", "delete"):
            status = _WITHOUT_RESULT
        elif status == 200 and verb == "get_many":
            mark = {"value": str(now), "metadata": None} if b'"withMetadata":true' in asked.body else str(now)
            text = str(stringify({_MARK: mark}))
            body = text[:-1].encode() + (b"," + body[1:] if body != b"{}" else b"}")
        line = "OK" if told.reason is None else " ".join(told.reason.split())
        head = f"HTTP/1.1 {status} {now} {line}\r\nCF-Cache-Status: {now}\r\nContent-Length: {len(body)}\r\n"
        lines = [head.encode("utf-8", "replace")]
        lines += [b"%s: %s\r\n" % (name.encode(), value) for name, value in told.headers]
        return b"%s\r\n%s" % (b"".join(lines), body)

    async def _without_binding(self, message: Message, url: SplitResult) -> tuple[str, dict[str, str], bytes]:
        """The answer to a timer, to what wants to leave, and in a test to alarms."""
        place = url.path if message.header("host") == "understudy" else ""
        if isinstance(self._outbound, Outbound) and place == "/fetch":
            return await self._left(self._outbound, message)
        if self._host is not None and place == "/alarm":
            alarm = json.loads(message.body)
            self._host.set_alarm(alarm["kind"], alarm["id"], alarm["at"])
            return self._said(None)
        if place != "/sleep":
            return "HTTP/1.1 403 Forbidden", {}, b"nothing leaves a rehearsal"
        assert self._code.clock is not None
        await self._code.clock.sleep(int(parse_qs(url.query)["ms"][0]) / 1000)
        return "HTTP/1.1 200 OK", {}, str(self._code.now_ms()).encode()

    async def _left(self, outbound: Outbound, message: Message) -> tuple[str, dict[str, str], bytes]:
        asked = json.loads(message.header("understudy-asked") or "")
        headers = [(name, value) for name, value in asked["headers"]]
        found = await outbound.parts(RequestParts(asked["method"], asked["url"], headers, message.body))
        if isinstance(found, str):
            return self._said({"refused": found})
        body = found.body if isinstance(found.body, bytes) else b""
        return self._said({"status": found.status, "headers": found.headers}, body)

    def _said(self, answer: object, body: bytes = b"") -> tuple[str, dict[str, str], bytes]:
        """What `ask` in prelude.mjs reads."""
        told = {"understudy-now": str(self._code.now_ms()), "understudy-told": json.dumps(answer)}
        return "HTTP/1.1 200 OK", told, body
