"""A stub: calls to one object, from wherever it is bound."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from kvstore.javascript.values import UNDEFINED
from worker.durable.errors import no_such_method
from worker.durable.object_id import DurableObjectId
from worker.durable.structured_clone import clone
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.http.request import Request
from worker.sdk.http.response import response_object
from worker.sdk.rpc import plain_answer, plain_argument
from worker.sdk.web.http.request import Request as WebRequest
from worker.sdk.web.http.response import Response as WebResponse

Event = Callable[[object], Awaitable[Any]]
Send = Callable[[DurableObjectId, str, str, Event], Awaitable[Any]]


class DurableObjectStub(JsObject):
    """``fetch`` is the object's handler of requests; every other name is a method of its class (RPC).

    ``send`` delivers an event to an object, by a name for it and by what is asked, and brings the result.
    """

    js_name = "DurableObject"

    def __init__(self, identity: DurableObjectId, send: Send) -> None:
        self.id = identity
        self._send = send
        if hasattr(identity, "name"):
            self.name = identity.name

    async def fetch(self, resource: Any, init: Any = UNDEFINED) -> WebResponse:
        """The object's answer to a request. Raises ObjectError for what its handler raises."""
        request = WebRequest(resource, init)
        what = asked_for(request.method, request.url)
        answer: WebResponse = await self._send(self.id, "fetch", what, fetching(request))
        return answer

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "js_")):
            raise AttributeError(name)

        # Named for what it does: Python asks a function for its name when it shows one.
        async def call(*arguments: Any) -> Any:
            return await self._send(self.id, name, name, calling(name, arguments))

        return call


def asked_for(method: str, url: str) -> str:
    """A request as one says it in a few words: ``PUT /path?query``."""
    parts = urlsplit(url)
    return f"{method} {parts.path}{f'?{parts.query}' if parts.query else ''}"


def fetching(request: WebRequest) -> Event:
    """The event that has a target's ``fetch`` answer a request."""

    async def handle(target: object) -> WebResponse:
        handler = getattr(target, "fetch", None) or getattr(target, "on_fetch", None)
        if handler is None:
            raise JsException("Error", "Handler does not export a fetch() function.")
        return response_object(await _result(handler(Request(wrap(request)))))

    return handle


def calling(name: str, arguments: Iterable[Any]) -> Event:
    """The event that calls a method of a target. The arguments are copied at once, the result later."""
    carried = [_carried(one) for one in arguments]

    async def handle(target: object) -> Any:
        method = getattr(target, name, None)
        if not callable(method):
            raise no_such_method(name)
        given = [plain_answer(argument) for argument in carried]
        return _carried(plain_argument(await _result(method(*given))))

    return handle


async def _result(returned: Any) -> Any:
    return await returned if inspect.isawaitable(returned) else returned


def _carried(value: Any) -> Any:
    """A value as it arrives at the other side: a copy; requests and responses go as they are."""
    return value if isinstance(value, WebRequest | WebResponse) else clone(value)
