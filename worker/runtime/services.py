"""Service bindings: the Workers that run side by side, as one sees another in its ``env``."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from kvstore.javascript.values import UNDEFINED
from worker.config import ServiceBinding
from worker.durable.stub import calling, fetching
from worker.runtime.worker import Worker
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response

NOT_RUNNING = 'Worker "{}" not found. Make sure it is running locally.'
"""The text of ``wrangler dev``, for a Worker that does not run here."""


class Callee(Protocol):
    """A Worker as others call it; ``entrypoint`` is a class it exports, None for its default.

    Both raise JsException for what the Worker raises.
    """

    async def answer(self, entrypoint: str | None, request: Request) -> Response: ...

    async def call(self, entrypoint: str | None, name: str, arguments: Iterable[Any]) -> Any: ...


Services = Mapping[str, Callee]


class PythonCallee:
    """A Python Worker; each event has an instance of the class, and a context, of its own."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def answer(self, entrypoint: str | None, request: Request) -> Response:
        answer: Response = await self._worker.deliver(entrypoint, fetching(request))
        return answer

    async def call(self, entrypoint: str | None, name: str, arguments: Iterable[Any]) -> Any:
        return await self._worker.deliver(entrypoint, calling(name, arguments))


class Absent:
    """Stands for a Worker that does not run here."""

    def __init__(self, name: str) -> None:
        self._text = NOT_RUNNING.format(name)

    async def answer(self, entrypoint: str | None, request: Request) -> Response:
        return Response(self._text, {"status": 503})

    async def call(self, entrypoint: str | None, name: str, arguments: Iterable[Any]) -> Any:
        raise JsException("Error", self._text)


class Service(JsObject):
    """``env.<binding>``: ``fetch``, and every other name is a method of the entrypoint (RPC)."""

    js_name = "Fetcher"

    def __init__(self, binding: ServiceBinding, services: Services) -> None:
        self._binding = binding
        self._services = services

    async def fetch(self, resource: Any, init: Any = UNDEFINED) -> Response:
        return await self._callee().answer(self._binding.entrypoint, Request(resource, init))

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "js_")):
            raise AttributeError(name)

        # Named for what it does: Python asks a function for its name when it shows one.
        async def call(*arguments: Any) -> Any:
            return await self._callee().call(self._binding.entrypoint, name, arguments)

        return call

    def _callee(self) -> Callee:
        """Found anew at each call, as the other Worker may have been loaded again since."""
        name = self._binding.service
        return self._services.get(name) or Absent(name)
