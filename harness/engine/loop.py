"""An event loop without waiting: its clock jumps when everybody waits, and chance picks who goes next.

Tasks, futures, timers and everything built on them run as on any loop. There is no input or output: what a
simulation talks to lives in the same process.
"""

import asyncio
import heapq
import weakref
from asyncio import events
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any, TypeVar

from harness.engine.chance import Chance

T = TypeVar("T")


# No simulation lasts so long: somebody waits for what never comes, again and again.
WEEK_MS = 7 * 86_400_000
# What happens at one time is done within fewer steps.
_MOST_STEPS_AT_ONCE = 200_000
# What is cancelled may still have something to do: never so much.
_MOST_STEPS_TO_END = 10_000


class Deadlock(Exception):
    """Nobody can go on: every task waits for another, or asks for a week whether it may go on."""


class _Due:
    """A callback whose turn has come: what a loop needs of asyncio's Handle, and no more."""

    __slots__ = ("_arguments", "_callback", "_cancelled", "_context", "_loop")

    def __init__(
        self,
        loop: "SimulatedLoop",
        callback: Callable[..., Any],
        arguments: tuple[Any, ...],
        context: Context | None,
    ) -> None:
        self._loop = loop
        self._callback = callback
        self._arguments = arguments
        self._context = copy_context() if context is None else context
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def cancelled(self) -> bool:
        return self._cancelled

    def _run(self) -> None:
        try:
            self._context.run(self._callback, *self._arguments)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._loop.call_exception_handler({"exception": error})
        # A traceback keeps this frame alive, and the frame would keep the task that failed from being let go.
        del self


def _unwatched(idle: bool) -> int:
    """What a loop without a watcher has in its place: the next look is a week ahead."""
    return WEEK_MS


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs one simulation. Its time is whole milliseconds since it began; ``chance`` orders what is ready.

    An exception that nobody awaits ends the simulation: `run` raises it, at once where nobody holds the task
    that failed, and otherwise when everybody else has come to an end, or waits.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._ready: list[_Due | asyncio.TimerHandle] = []
        self._timers: list[tuple[int, int, asyncio.TimerHandle | asyncio.Future[None]]] = []
        self._timer_count = 0
        self._tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        self._failure: BaseException | None = None
        self._ending = False
        self._closed = False
        self.now_ms = 0
        self.steps = 0
        self._look: Callable[[bool], int] = _unwatched
        self._next_look = self._end = WEEK_MS
        self._last_now, self._most_steps = -1, _MOST_STEPS_AT_ONCE
        # A pause that is over.
        self._passed: asyncio.Future[None] = asyncio.Future(loop=self)
        self._passed.set_result(None)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """The result of ``main``. What still runs when it ends is cancelled.

        Raises Deadlock when nothing is left that could go on, and after a week, with what was waited for.
        """
        with self._running():
            try:
                return self._result(asyncio.Task(main, loop=self, name="simulation"))
            finally:
                self._cancel_all()
                self.close()
                # A clock may outlive the simulation, and keeps this loop: it must not keep the world, too.
                self._look = _unwatched

    def complete(self, main: "Coroutine[Any, Any, T] | asyncio.Task[T]") -> T:
        """The result of ``main``; what else runs waits where it is, until the loop is run again.

        Raises what `run` does; the week begins now.
        """
        self._end = self._next_look = self.now_ms + WEEK_MS
        with self._running():
            return self._result(asyncio.Task(main, loop=self) if isinstance(main, Coroutine) else main)

    @contextmanager
    def _running(self) -> Iterator[None]:
        outer = events._get_running_loop()  # a simulation may be run from a coroutine
        events._set_running_loop(self)
        try:
            yield
        finally:
            events._set_running_loop(outer)

    def _result(self, task: "asyncio.Task[T]") -> T:
        self._run_until(task)
        return task.result()

    def _run_until(self, task: "asyncio.Task[Any]") -> None:
        while not task.done():
            if not self._ready and not self._next_moment():
                self._raise_forgotten()
                self._look(True)
                raise Deadlock(f"nobody can go on; waiting: {self._waiting}")
            if self.now_ms > self._next_look:
                self._next_look = min(self._end, self._look(False))
                if self.now_ms > self._end:
                    raise Deadlock(f"a week has gone by, and nobody came to an end; waiting: {self._waiting}")
            if self.steps > self._most_steps:
                self._expect_time_to_pass()
            self._step()
            if self._failure is not None:
                raise self._failure
        self._raise_forgotten()

    def _raise_forgotten(self) -> None:
        """Raises the exception of a task that somebody holds and nobody has awaited."""
        for reference in self._tasks:
            task = reference()
            if task is not None and task.done() and task._log_traceback and (failure := task.exception()):
                raise failure

    def watch(self, look: Callable[[bool], int]) -> None:
        """Have ``look`` raise what it likes when somebody waits in vain.

        It is asked at the time (ms) that it said last, and when nobody can go on: then with True.
        """
        self._look, self._next_look = look, 0

    def _expect_time_to_pass(self) -> None:
        if self.now_ms == self._last_now:
            self._look(True)
            raise Deadlock(f"somebody goes on for ever, and no time passes; waiting: {self._waiting}")
        self._last_now, self._most_steps = self.now_ms, self.steps + _MOST_STEPS_AT_ONCE

    @property
    def _waiting(self) -> str:
        return ", ".join(sorted(one.get_name() for one in asyncio.all_tasks(self) if not one.done()))

    def _step(self) -> None:
        ready = self._ready
        if len(ready) > 1:
            place = self._chance.below(len(ready))
            ready[place], ready[-1] = ready[-1], ready[place]
        due = ready.pop()
        self.steps += 1
        if not due.cancelled():
            due._run()
        del due  # for the same reason as in _Due._run

    def _next_moment(self) -> bool:
        """Let time jump to the next timer, or timers; False without any."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            return False
        self.now_ms = max(self.now_ms, timers[0][0])
        while timers and timers[0][0] <= self.now_ms:
            due = heapq.heappop(timers)[2]
            if due.cancelled():
                continue
            if isinstance(due, asyncio.TimerHandle):
                self._ready.append(due)
            else:
                due.set_result(None)
        return True

    def pause(self, milliseconds: int) -> "asyncio.Future[None]":
        """What is done after so long, for somebody who awaits it at once.

        When nobody else has anything to do until then, it is done already: who pauses would be the next to go
        on, and is spared the way through the loop.
        """
        then, timers = self.now_ms + max(0, milliseconds), self._timers
        if self._ready or (timers and then >= timers[0][0]) or self._ending or then > self._next_look:
            done: asyncio.Future[None] = asyncio.Future(loop=self)
            self._timer_count += 1
            heapq.heappush(timers, (then, self._timer_count, done))
            return done
        self.now_ms = then
        self.steps += 1
        return self._passed

    def _cancel_all(self) -> None:
        self._ending = True
        left = [task for task in asyncio.all_tasks(self) if not task.done()]
        for task in left:
            task.cancel()
        end = self.steps + _MOST_STEPS_TO_END
        while not all(task.done() for task in left) and self.steps < end:
            if not self._ready and not self._next_moment():
                break
            self._step()

    def time(self) -> float:
        """Seconds since the simulation began."""
        return self.now_ms / 1000

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> "_Due":
        due = _Due(self, callback, args, context)
        self._ready.append(due)
        return due

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timer_count += 1
        heapq.heappush(self._timers, (round(when * 1000), self._timer_count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is dropped when its moment comes."""

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> "asyncio.Task[Any]":
        task = asyncio.Task(coro, loop=self, **options)
        self._tasks.append(weakref.ref(task))
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        failure = context.get("exception")
        self._failure = failure if failure is not None else RuntimeError(str(context.get("message")))
        self._ending = True

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.call_exception_handler(context)

    def get_debug(self) -> bool:
        return False

    @property
    def is_ending(self) -> bool:
        """Whether what still runs is cancelled: `run` has its result, or its failure."""
        return self._ending

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
        self._ready.clear()
        self._timers.clear()

    async def shutdown_asyncgens(self) -> None:
        """Generators are closed when they are collected."""


def in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """The result of ``main``, which asks a Worker in this process: who sleeps or waits in vain takes no time.

    Raises Deadlock as `SimulatedLoop.run` does.
    """
    return SimulatedLoop(Chance(1)).run(main)  # type: ignore[abstract]


class LoopClock:
    """The Clock of a simulation that begins at ``start`` (milliseconds since the UNIX epoch)."""

    def __init__(self, loop: SimulatedLoop, start: int) -> None:
        self._loop = loop
        self._start = start

    def now_ms(self) -> int:
        return self._start + self._loop.now_ms

    def watch(self, look: Callable[[bool], int]) -> None:
        """Have ``look`` raise when somebody waits in vain: as `SimulatedLoop.watch`, in this clock's time."""
        self._loop.watch(lambda idle: look(idle) - self._start)

    def sleep(self, seconds: float) -> Awaitable[None]:
        return self._loop.pause(round(seconds * 1000))

    def pause(self, milliseconds: int) -> Awaitable[None]:
        """Sleep so long, for those who know that their time is the loop's."""
        return self._loop.pause(milliseconds)
