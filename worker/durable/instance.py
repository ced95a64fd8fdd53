"""One object while it lives: its construction, the events it handles, and its end.

Events run side by side, one at a time between two places where they really wait: storage never is such a
place (`Settled`). A new event waits while the gate is shut. What an event wrote is committed before its
answer leaves. An exception of the object's code goes to the caller and changes nothing else; one in the
constructor or in blockConcurrencyWhile ends the object, and so does whatever cuts an event off: what was not
committed is rolled back, and whoever waits for an answer gets an error.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from worker.durable.errors import ABORTED, ObjectError, end, lost, remote
from worker.durable.gate import Gate
from worker.durable.object_id import DurableObjectId
from worker.durable.state import DurableObjectState
from worker.durable.storage.rows import Rows
from worker.durable.storage.storage import DurableObjectStorage
from worker.sdk.context import ExecutionContext, current
from worker.sdk.durable import DurableObjectAbort, DurableObjectContext
from worker.sdk.ffi.crossing import wrap
from worker.sdk.surroundings import platform_of

# What is passed on as it is: all but what cuts an event off in the middle.
_PASSED_ON = (Exception, asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit)

T = TypeVar("T")
ObjectClass = Callable[[Any, Any], object]
Around = Callable[[str], AbstractContextManager[object]]


class Instance:
    """An object of ``kind``, made at its first event.

    ``around`` is entered for each event, with its name; ``on_end`` is called when no more may come here.
    """

    def __init__(
        self,
        kind: ObjectClass,
        identity: DurableObjectId,
        env: Any,
        rows: Rows,
        make_storage: Callable[[Rows, Gate], DurableObjectStorage],
        around: Around,
        on_end: Callable[["Instance"], None],
    ) -> None:
        self.identity = identity
        self.gate = Gate()
        self.storage = make_storage(rows, self.gate)
        self._kind = kind
        self._env = env
        self._rows = rows
        self._around = around
        self._on_end = on_end
        self._object: object | None = None
        self._state: DurableObjectState | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.fate: ObjectError | None = None

    async def deliver(self, name: str, handle: Callable[[object], Awaitable[T]]) -> T:
        """The result of ``handle(object)``, once it is safe to show.

        Raises ObjectError for what the object raises, and when it ends before it answers.
        """
        if self.fate is not None:
            raise self.fate
        task = self._spawn(self._event(name, handle))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self.fate is not None:
                raise self.fate from None
            raise

    def _spawn(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    @property
    def is_busy(self) -> bool:
        """Whether it handles an event, or does what an event left to do."""
        return bool(self._tasks)

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # it is raised where the task is awaited, if it is

    async def _event(self, name: str, handle: Callable[[object], Awaitable[T]]) -> T:
        with self._around(name), current(self._env, self._context(), platform=platform_of(self._kind)):
            try:
                made = self._made()
                await self.gate.passed()
                result = await self._handled(made, handle)
                self.storage.js_flush()
                return result
            except _PASSED_ON:
                raise
            except DurableObjectAbort as abort:
                raise self.finish(ObjectError("Error", str(abort), reset=True)) from None
            except BaseException:  # the event was cut off here, and with it the object
                raise self.finish(lost()) from None

    async def _handled(self, made: object, handle: Callable[[object], Awaitable[T]]) -> T:
        try:
            return await handle(made)
        except ObjectError:
            raise
        except Exception as error:
            # A request that fails is not rolled back: what it wrote stays.
            self.storage.js_flush()
            raise remote(error) from error

    def _made(self) -> object:
        if self._object is None:
            state = self._state = DurableObjectState(
                self.identity, self.storage, self._context(), self._block, self._abort, self._hear
            )
            try:
                self._object = self._kind(DurableObjectContext(state), self._env)
            except Exception as error:
                raise self.finish(end(error)) from error
        return self._object

    def _context(self) -> ExecutionContext:
        return ExecutionContext(lambda work: self._spawn(self._aside(work)))

    async def _aside(self, work: Awaitable[Any]) -> None:
        """What goes on after an answer was given; how it ends is not reported."""
        try:
            await work
            self.storage.js_flush()
        except _PASSED_ON:
            raise
        except BaseException:
            raise self.finish(lost()) from None

    def _block(self, callback: Callable[[], Any]) -> asyncio.Future[Any]:
        """Run ``callback`` at once; until it is done no new event begins. If it fails the object ends."""
        self.gate.shut()
        return self._spawn(self._blocking(callback))

    async def _blocking(self, callback: Callable[[], Any]) -> Any:
        try:
            result = callback()
            result = await result if inspect.isawaitable(result) else result
            self.storage.js_flush()
            return result
        except Exception as error:
            raise self.finish(end(error)) from error
        except _PASSED_ON:
            raise
        except BaseException:
            raise self.finish(lost()) from None
        finally:
            self.gate.open()

    def _hear(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Call the method for an event of one of the object's WebSockets; without it the event is dropped."""

        async def handle(target: object) -> None:
            handler = getattr(target, method, None)
            if handler is not None:
                accepted = len(inspect.signature(handler).parameters)
                result = handler(*map(wrap, arguments[:accepted]))
                if inspect.isawaitable(result):
                    await result

        self._spawn(self._event(method, handle))

    def _abort(self, reason: str | None) -> None:
        raise DurableObjectAbort(ABORTED if reason is None else reason)

    def finish(self, fate: ObjectError) -> ObjectError:
        """End the object: roll back, cut off every event but the one that asks; ``fate`` is what all hear."""
        if self.fate is None:
            self.fate = fate
            self._rows.rollback()
            self.storage.js_end(fate)
            if self._state is not None:
                self._state.js_end()
            self._on_end(self)
            asking = asyncio.current_task() if self._tasks else None
            for task in self._tasks:
                if task is not asking:
                    task.cancel()
        return self.fate
