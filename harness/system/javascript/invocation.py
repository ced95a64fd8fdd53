"""A request in an isolate: what it asks is done in the simulation; while it computes, time stands still."""

import asyncio
import sys
from collections.abc import Callable, Generator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlsplit

from harness.engine.loop import SimulatedLoop
from harness.outbound import Outbound
from harness.system.deployment import NotSequential
from harness.system.javascript.answers import Answers, SetAlarm, Surroundings
from harness.system.javascript.lane import Held, Lane
from harness.system.transport import BrokenOff
from kvstore.faults import InvocationCrashed
from worker.javascript import WorkerdError
from worker.sdk.http.request import RequestParts
from worker.sdk.http.response import ResponseParts
from worker.sdk.surroundings import surroundings

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


@dataclass(eq=False)
class Invocation:
    """A request in ``lane``, whose ``answers`` it gets, with ``variables`` where they are others than the
    configuration's; ``host`` in a test.

    ``goes_on`` says whether it has work left when it is answered; awaited, it is that work. ``error`` is what
    the handler threw.
    """

    _code: Surroundings
    _lane: Lane
    _answers: Answers
    _variables: Mapping[str, Any] | None = None
    _host: Host | None = None
    goes_on: bool = field(default=False, init=False)
    error: JavaScriptError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
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
        lane = self._lane
        lane.is_busy, lane.ended = True, self._ended
        url = urlsplit(request.url)
        self._kind = request.method, url.path or "/"
        self._is_parallel = self._code.is_parallel(*self._kind)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = [("Host", url.netloc), *(one for one in request.headers if one[0] not in _NOT_SENT_ON)]
        about = {**begun(self._code, self._variables), **event}
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
            held.tell(await self._answers.told(held))
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
            told = await self._answers.told(held)
        except InvocationCrashed as crash:
            if not self._answered.done():
                self._answered.set_exception(crash)
            elif not self._ended.done():
                self._cut_off()
            return
        if held.is_open and not self._ended.done():
            held.tell(told)
            self._settle()


def begun(code: Surroundings, variables: Mapping[str, Any] | None) -> dict[str, object]:
    """What our own module is told of all that begins in an isolate: time, chance, and variables."""
    drawn = code.chance.number(), code.chance.number()
    about: dict[str, object] = {
        "now": code.now_ms(),
        "seed": [number >> half & 0xFFFFFFFF for number in drawn for half in (0, 32)],
        "outside": isinstance(surroundings().outbound, Outbound),
    }
    return about if variables is None else {**about, "variables": variables}
