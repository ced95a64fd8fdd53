"""setTimeout and its siblings, on the loop that runs the Worker: its time may be simulated."""

import asyncio
import inspect
from collections.abc import Callable
from itertools import count
from typing import Any

from kvstore.javascript.values import to_number
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import PyObject


class Timers:
    """The timers of one JavaScript realm, by their numbers."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._running: dict[int, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Future[Any]] = set()

    def set_timeout(self, callback: Any, delay: Any = 0, *arguments: Any) -> int:
        return self._start(function_of(callback), delay, arguments, again=False)

    def set_interval(self, callback: Any, delay: Any = 0, *arguments: Any) -> int:
        return self._start(function_of(callback), delay, arguments, again=True)

    def clear(self, number: Any = None, *_: Any) -> None:
        handle = self._running.pop(number, None) if isinstance(number, int) else None
        if handle is not None:
            handle.cancel()

    def queue_microtask(self, callback: Any, *_: Any) -> None:
        asyncio.get_running_loop().call_soon(self._run, function_of(callback), ())

    def _start(
        self, function: Callable[..., Any], delay: Any, arguments: tuple[Any, ...], again: bool
    ) -> int:
        number = next(self._numbers)
        seconds = max(to_number(delay), 0) / 1000

        def fire() -> None:
            if again:
                self._running[number] = loop.call_later(max(seconds, 0.001), fire)
            else:
                self._running.pop(number, None)
            self._run(function, arguments)

        loop = asyncio.get_running_loop()
        self._running[number] = loop.call_later(seconds, fire)
        return number

    def _run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        result = function(*arguments)
        if inspect.isawaitable(result):
            task = asyncio.ensure_future(result)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


def function_of(value: Any) -> Callable[..., Any]:
    """The function in a JavaScript value, held by create_proxy or not. Raises JsException (TypeError)."""
    function = value.js_unwrap() if isinstance(value, PyObject) else value
    if not callable(function):
        raise type_error("The callback is not a function.")
    found: Callable[..., Any] = function
    return found
