"""The current invocation: its environment, its context, and its way out.

A context variable holds them, so that requests that run at the same time never see each other's.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Final

from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import PyObject
from worker.sdk.surroundings import Platform, Surroundings, surroundings
from worker.sdk.web.http.fetch import Outbound, send

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
        """Keep the invocation alive for ``awaitable``; anything else is ignored."""
        target = unwrap(awaitable)
        pending = target.js_unwrap() if isinstance(target, PyObject) else target
        if inspect.isawaitable(pending):
            self._spawn(pending)

    def passThroughOnException(self) -> None:
        self.passes_through = True


def current(
    env: Any,
    ctx: ExecutionContext | None = None,
    outbound: Outbound | None = None,
    platform: Platform | None = None,
) -> Surroundings:
    """Make ``env`` and ``ctx`` the current ones inside the ``with`` block, with a way out and a platform.

    For importing a Worker ``ctx`` is None: nothing may be awaited there. ``outbound`` answers the requests
    that the Worker sends, ``platform`` gives it time and chance; by default both are as outside the block,
    and those are the network and this machine at first.
    """
    before = surroundings()
    return Surroundings(env, ctx, outbound or before.outbound, platform or before.platform)


def replaced_environment(env: Any) -> Surroundings:
    """Make ``env`` the current environment inside the ``with`` block."""
    now = surroundings()
    return Surroundings(env, now.invocation, now.outbound, now.platform)


def current_environment() -> Any:
    """The environment of what runs now; None outside any Worker."""
    return surroundings().environment


def outbound() -> Outbound:
    """How the current invocation sends requests."""
    found: Outbound = surroundings().outbound or send
    return found


def wait_until(awaitable: Any) -> None:
    """Extend the current invocation until ``awaitable`` is done.

    Raises JsException outside an invocation, with workerd's text.
    """
    invocation = surroundings().invocation
    if invocation is None:
        raise JsException("Error", _GLOBAL_SCOPE)
    invocation.waitUntil(awaitable)


def waitUntil(awaitable: Any) -> None:
    """`wait_until` by its JavaScript name."""
    wait_until(awaitable)
