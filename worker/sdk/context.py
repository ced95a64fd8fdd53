"""The current invocation: its environment, its context, and its way out.

A context variable holds them, so that requests that run at the same time never see each other's.
"""

import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Final

from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import PyObject
from worker.sdk.web.fetch import Outbound, send

_GLOBAL_SCOPE: Final = (
    "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a "
    "timeout, and generating random values are not allowed within global scope. To fix this error, perform "
    "this operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/"
)


class ExecutionContext:
    """The ``ctx`` of a handler.

    ``spawn`` is given each awaitable that the Worker wants finished after it has answered; ``props`` are the
    caller's. ``passes_through`` tells whether the Worker asked for that, which locally has no effect.
    """

    def __init__(
        self, spawn: Callable[[Awaitable[Any]], object], props: dict[str, Any] | None = None
    ) -> None:
        self._spawn = spawn
        self._props = props
        self.passes_through = False

    @cached_property
    def props(self) -> Any:
        return wrap(self._props or {})

    def waitUntil(self, awaitable: Any) -> None:
        """Keep the invocation alive for ``awaitable``; what is none is settled already and ignored."""
        target = unwrap(awaitable)
        pending = target.js_unwrap() if isinstance(target, PyObject) else target
        if inspect.isawaitable(pending):
            self._spawn(pending)

    def passThroughOnException(self) -> None:
        self.passes_through = True


class _Surroundings:
    """What is current inside of its ``with`` block: in one variable, since every invocation sets it."""

    __slots__ = ("_token", "environment", "invocation", "outbound")

    def __init__(self, environment: Any, invocation: ExecutionContext | None, outbound: Outbound) -> None:
        self.environment = environment
        self.invocation = invocation
        self.outbound = outbound

    def __enter__(self) -> None:
        self._token = _surroundings.set(self)

    def __exit__(self, *_: object) -> None:
        _surroundings.reset(self._token)


_surroundings: ContextVar[_Surroundings] = ContextVar("surroundings", default=_Surroundings(None, None, send))  # noqa: B039


def current(env: Any, ctx: ExecutionContext | None = None, outbound: Outbound | None = None) -> _Surroundings:
    """Make ``env`` and ``ctx`` the current ones inside the ``with`` block, and ``outbound`` the way out.

    For importing a Worker ``ctx`` is None: nothing may be awaited there. ``outbound`` answers the requests
    that the Worker sends; by default whoever did outside the block, and that is the network at first.
    """
    return _Surroundings(env, ctx, outbound or _surroundings.get().outbound)


def replaced_environment(env: Any) -> _Surroundings:
    """Make ``env`` the current environment inside the ``with`` block."""
    now = _surroundings.get()
    return _Surroundings(env, now.invocation, now.outbound)


def current_environment() -> Any:
    """The environment of what runs now; None outside any Worker."""
    return _surroundings.get().environment


def outbound() -> Outbound:
    """How the current invocation sends requests."""
    return _surroundings.get().outbound


def wait_until(awaitable: Any) -> None:
    """Extend the current invocation until ``awaitable`` is done.

    Raises JsException outside an invocation, with workerd's text.
    """
    invocation = _surroundings.get().invocation
    if invocation is None:
        raise JsException("Error", _GLOBAL_SCOPE)
    invocation.waitUntil(awaitable)


def waitUntil(awaitable: Any) -> None:
    """`wait_until` by its JavaScript name."""
    wait_until(awaitable)
