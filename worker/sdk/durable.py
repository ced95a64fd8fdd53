"""Durable Objects as a Python Worker sees them: the binding, stubs, and the ``ctx`` of an object.

As in workers-runtime-sdk 1.9: what is called on a stub, on ``ctx.storage`` or on a binding converts its
arguments and its result; other members of a namespace or a context are JavaScript's own.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from typing import Any, Final

from worker.sdk.ffi.crossing import call, unwrap, wrap
from worker.sdk.ffi.errors import javascript_errors
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.ffi.jsproxy import JsProxy
from worker.sdk.http.fetch import fetch
from worker.sdk.http.response import RESPONSE_ACCEPTED, Response
from worker.sdk.rpc import plain_answer, plain_argument, python_from_rpc


class DurableObjectAbort(BaseException):
    """ctx.abort() ends the object, and with it the code that asked for it."""

    __module__ = "workers"


class _Converted(Coroutine[Any, Any, Any]):
    """What an operation comes to, converted; the operation itself has begun already."""

    def __init__(self, pending: Awaitable[Any]) -> None:
        self._pending = pending
        self._running: Coroutine[Any, Any, Any] | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._awaited().__await__()

    def send(self, value: Any) -> Any:
        if self._running is None:
            self._running = self._awaited()
        return self._running.send(value)

    def throw(self, *error: Any) -> Any:
        if self._running is None:
            self._running = self._awaited()
        return self._running.throw(*error)

    def close(self) -> None:
        if self._running is not None:
            self._running.close()

    async def _awaited(self) -> Any:
        with javascript_errors():
            result = await self._pending
        return _boxed(plain_answer(result))


class _ObjectWrapper:
    """A JavaScript object whose methods take and give Python's values, and others like it.

    Keyword arguments become one options object in last place. A method that has no result yet gives an
    awaitable; it has begun whether or not that is awaited.
    """

    def __init__(self, target: JsObject) -> None:
        self._target = target

    @property
    def js_object(self) -> Any:
        """What it is where it is given to JavaScript."""
        return wrap(self._target)

    def __getattr__(self, name: str) -> Any:
        member = getattr(wrap(self._target), name)
        if not callable(member):
            return _boxed(python_from_rpc(member))
        method: Callable[..., Any] = unwrap(member)

        def invoke(*arguments: Any, **options: Any) -> Any:
            given = [plain_argument(argument) for argument in arguments]
            if options:
                given.append({key: plain_argument(value) for key, value in options.items()})
            with javascript_errors():
                result = method(*given)
            return _Converted(result) if inspect.isawaitable(result) else _boxed(plain_answer(result))

        setattr(self, name, invoke)  # the next look-up finds it, as in the SDK
        return invoke

    def __getitem__(self, key: str | int) -> Any:
        binding = wrap(self._target)
        return _boxed(python_from_rpc(binding[key] if isinstance(key, int) else getattr(binding, key)))

    def __iter__(self) -> Iterator[Any]:
        for item in iter(wrap(self._target)):
            yield _boxed(python_from_rpc(item))

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        length = getattr(wrap(self._target), "length", None)
        if not isinstance(length, int):
            raise TypeError(f"'{self._target.js_name}' object has no len()")
        return length


# Python has a form of its own for these, or a Response takes them as they are.
_PASSED: Final = RESPONSE_ACCEPTED | {"Headers", "Promise"}


def _boxed(value: Any) -> Any:
    """A result or a member, with objects that have methods wrapped, also those of a list."""
    if isinstance(value, list):
        return [_boxed_one(item) for item in value]
    return _boxed_one(value)


def _boxed_one(value: Any) -> Any:
    target = unwrap(value) if isinstance(value, JsProxy) else None
    if not isinstance(target, JsObject) or callable(value) or target.js_name in _PASSED:
        return value
    return _ObjectWrapper(target)


class _FetcherWrapper(_ObjectWrapper):
    """A stub."""

    async def fetch(self, *arguments: Any, **options: Any) -> Response:
        return await fetch(*arguments, fetcher=wrap(self._target).fetch, **options)


class _DurableObjectNamespaceWrapper:
    """A namespace: ``get`` and ``getByName`` give stubs."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(wrap(self._target), name)

    def get(self, *arguments: Any, **options: Any) -> _FetcherWrapper:
        return _FetcherWrapper(unwrap(call(self._target.get, arguments, options)))

    def getByName(self, *arguments: Any, **options: Any) -> _FetcherWrapper:
        return _FetcherWrapper(unwrap(call(self._target.getByName, arguments, options)))


class DurableObjectContext:
    """``self.ctx`` of a Durable Object."""

    def __init__(self, state: Any) -> None:
        self._ctx = state
        self.storage = _ObjectWrapper(state.storage)

    def __getattr__(self, name: str) -> Any:
        return getattr(wrap(self._ctx), name)

    def blockConcurrencyWhile(self, callback: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        """Run ``callback`` before any later event; it begins at once, awaited or not."""
        pending: Awaitable[Any] = self._ctx.js_block(callback)
        return pending

    def waitUntil(self, awaitable: Awaitable[Any]) -> None:
        self._ctx.waitUntil(awaitable)

    def abort(self, reason: str | None = None) -> None:
        """End the object now. Raises DurableObjectAbort, which is no Exception."""
        self._ctx.js_abort(reason)
