"""The classes that a Worker derives its own from, and the older ``handler`` decorator."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from worker.sdk.env import environment_of
from worker.sdk.http.headers import constructor_name
from worker.sdk.http.request import Request

Handler = TypeVar("Handler", bound=Callable[..., Any])


class _Entrypoint:
    """``ctx`` is the context that the runtime gives, ``env`` the bindings."""

    ctx: Any
    env: Any

    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.env = env


class WorkerEntrypoint(_Entrypoint):
    """Base of ``class Default(WorkerEntrypoint)``: its methods handle what reaches the Worker.

    ``fetch(self, request)``, ``scheduled(self, controller, env, ctx)``, ``queue(self, batch)``, …
    """


class DurableObject(_Entrypoint):
    """Base of a Durable Object class: ``fetch(self, request)``, ``alarm(self)``, and methods to be called.

    ``ctx`` is a `worker.sdk.durable.DurableObjectContext`; worker.durable runs the objects.
    """


class WorkflowEntrypoint(_Entrypoint):
    """Base of a Workflow class, with ``run(self, event, step)``. Nothing here runs one."""


def handler(function: Handler) -> Handler:
    """Decorate ``async def on_fetch(request, env, ctx)``: the request arrives as a workers.Request.

    ``env`` arrives as a class's ``self.env`` does. Without it both are JavaScript's own objects.
    """

    @wraps(function)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        if arguments and constructor_name(arguments[0]) == "Request":
            arguments = (Request(arguments[0]), *arguments[1:])
        if len(arguments) > 1 and (environment := environment_of(arguments[1])) is not None:
            arguments = (arguments[0], environment, *arguments[2:])
        return function(*arguments, **options)

    return cast(Handler, wrapper)
