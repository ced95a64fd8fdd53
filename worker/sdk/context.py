"""The current invocation: its environment, its context, and its way out.

Context variables hold them, so that requests that run at the same time never see each other's.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import PyObject
from worker.sdk.ffi.jsproxy import unwrap, wrap
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
        self.props = wrap(props or {})
        self.passes_through = False

    def waitUntil(self, awaitable: Any) -> None:
        """Keep the invocation alive for ``awaitable``; what is none is settled already and ignored."""
        target = unwrap(awaitable)
        pending = target.js_unwrap() if isinstance(target, PyObject) else target
        if inspect.isawaitable(pending):
            self._spawn(pending)

    def passThroughOnException(self) -> None:
        self.passes_through = True


_environment: ContextVar[Any] = ContextVar("environment", default=None)
_invocation: ContextVar[ExecutionContext | None] = ContextVar("invocation", default=None)
_outbound: ContextVar[Outbound] = ContextVar("outbound", default=send)


@contextmanager
def current(
    env: Any, ctx: ExecutionContext | None = None, outbound: Outbound | None = None
) -> Iterator[None]:
    """Make ``env`` and ``ctx`` the current ones inside the ``with`` block, and ``outbound`` the way out.

    For importing a Worker ``ctx`` is None: nothing may be awaited there. ``outbound`` answers the requests
    that the Worker sends, the network by default.
    """
    tokens = _environment.set(env), _invocation.set(ctx)
    way_out = _outbound.set(outbound) if outbound else None
    try:
        yield
    finally:
        if way_out:
            _outbound.reset(way_out)
        _invocation.reset(tokens[1])
        _environment.reset(tokens[0])


def current_environment() -> Any:
    """The environment of what runs now; None outside any Worker."""
    return _environment.get()


@contextmanager
def replaced_environment(env: Any) -> Iterator[None]:
    token = _environment.set(env)
    try:
        yield
    finally:
        _environment.reset(token)


def outbound() -> Outbound:
    """How the current invocation sends requests."""
    return _outbound.get()


def wait_until(awaitable: Any) -> None:
    """Extend the current invocation until ``awaitable`` is done.

    Raises JsException outside an invocation, with workerd's text.
    """
    invocation = _invocation.get()
    if invocation is None:
        raise JsException("Error", _GLOBAL_SCOPE)
    invocation.waitUntil(awaitable)


def waitUntil(awaitable: Any) -> None:
    """`wait_until` by its JavaScript name."""
    wait_until(awaitable)
