"""Workers in workerd and Workers in Python, as they call each other, over HTTP: ``fetch``, and methods.

A method is asked for with the JSON ``[name, arguments]``; what comes of it is ``{value}`` or ``{error}``, all
as worker.javascript.values has it.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, unquote

import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.javascript.configuration import (
    CALL_HEADER,
    METHODS_HEADER,
    PROTOCOL_HEADER,
    SECRET_HEADER,
    SERVICE_HEADER,
    called,
)
from worker.javascript.failures import STACK_HEADER
from worker.javascript.values import decode, encode
from worker.messaging import Message, Outcome
from worker.messaging.broker import Metrics
from worker.messaging.delivery import batch_json, outcome_of
from worker.runtime import MOST_BODY
from worker.runtime.http import Outgoing, worker_request
from worker.runtime.services import Absent, Services
from worker.sdk.context import replaced_environment
from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.http.response import response_parts
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response
from worker.serving import BodyTooLarge, answer_unread, read_body

_STACK: Final = re.compile(r"(\w*Error): (.*)")
_OURS: Final = {one.lower().encode() for one in (SERVICE_HEADER, PROTOCOL_HEADER, SECRET_HEADER)}
_OF_THE_WAY: Final = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


class WorkerInWorkerd:
    """The JavaScript Worker ``name``, as Workers in Python and queues call it.

    ``url`` is where its workerd is, asked for each call; ``secret`` lets calls in.
    """

    def __init__(self, name: str, url: Callable[[], str], secret: str, http: httpx.AsyncClient) -> None:
        self._name = name
        self._url = url
        self._secret = secret
        self._http = http

    async def answer(self, entrypoint: str | None, request: Request) -> Response:
        url = httpx.URL(request.url)
        headers = [pair for pair in request.headers.js_lines() if pair[0] not in _OF_THE_WAY]
        headers += [("host", url.netloc.decode()), (PROTOCOL_HEADER, url.scheme)]
        there = httpx.URL(self._url()).copy_with(raw_path=url.raw_path)
        content = await request.js_read() or None
        asked = httpx.Request(request.method, there, headers=headers, content=content)
        answer = await self._sent("fetch", entrypoint, asked)
        lines = [[name, value] for name, value in answer.headers.multi_items() if name not in _OF_THE_WAY]
        body = bytearray(answer.content) if answer.content else None
        return Response(body, {"status": answer.status_code, "headers": lines})

    async def call(self, entrypoint: str | None, name: str, arguments: Iterable[Any]) -> Any:
        request = httpx.Request("POST", self._url(), content=_json([name, encode([*arguments])]))
        outcome = (await self._sent("method", entrypoint, request)).json()
        if "error" in outcome:
            raise decode(outcome["error"])
        return decode(outcome.get("value"))

    async def take(self, queue: str, messages: list[Message], metrics: Metrics) -> Outcome:
        """Have the handler ``queue`` take a batch."""
        request = httpx.Request("POST", self._url(), json=batch_json(queue, messages, metrics))
        return outcome_of((await self._sent("queue", None, request)).json())

    async def _sent(self, kind: str, entrypoint: str | None, request: httpx.Request) -> httpx.Response:
        request.headers[SECRET_HEADER] = self._secret
        request.headers[CALL_HEADER] = f"{kind} {quote(called(self._name, entrypoint))}"
        try:
            with replaced_environment(None):  # a connection is not the Worker's that calls
                answer = await self._http.send(request)
        except httpx.HTTPError as error:
            raise JsException("Error", f"The Worker {self._name} did not answer: {error}") from error
        if STACK_HEADER.decode() in answer.headers:
            found = _STACK.match(answer.text)
            raise JsException(*(found[1], found[2]) if found else ("Error", answer.text))
        return answer


def create_services_app(services: Services, secret: str) -> ASGIApp:
    """An ASGI app that answers for the Workers in Python, for a workerd that carries ``secret``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        given = _headers(scope)
        name, entrypoint = _called(given[SERVICE_HEADER.lower()])
        headers = [pair for pair in scope["headers"] if pair[0] not in _OURS]
        scheme = given.get(PROTOCOL_HEADER.lower(), "http")
        try:
            request = await worker_request({**scope, "headers": headers, "scheme": scheme}, receive)
        except BodyTooLarge as error:
            await answer_unread(PlainTextResponse(str(error), 413), scope, receive, send)
            return
        callee = services.get(name) or Absent(name)
        try:
            answer = await callee.answer(entrypoint, unwrap(request.js_object))
        except JsException as error:
            status, said = HTTPStatus.INTERNAL_SERVER_ERROR, {STACK_HEADER.decode(): "1"}
            await PlainTextResponse(_json(encode(error)), status, said)(scope, receive, send)
            return
        await Outgoing(response_parts(wrap(answer)))(scope, receive, send)

    return _only_with(secret, app)


def create_methods_app(services: Services, secret: str) -> ASGIApp:
    """An ASGI app that calls methods of the Workers in Python, for a workerd that carries ``secret``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        name, entrypoint = _called(_headers(scope)[METHODS_HEADER.lower()])
        try:
            method, arguments = json.loads(await read_body(scope, receive, MOST_BODY))
        except BodyTooLarge as error:
            await answer_unread(PlainTextResponse(str(error), 413), scope, receive, send)
            return
        callee = services.get(name) or Absent(name)
        try:
            outcome = {"value": encode(await callee.call(entrypoint, method, decode(arguments)))}
        except JsException as error:
            outcome = {"error": encode(error)}
        await PlainTextResponse(_json(outcome))(scope, receive, send)

    return _only_with(secret, app)


def _only_with(secret: str, app: ASGIApp) -> ASGIApp:
    # Not a Guard, whose token is an Authorization: a request between Workers may have one of its own.
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        given = _headers(scope).get(SECRET_HEADER.lower(), "")
        if hmac.compare_digest(given.encode(), secret.encode()):
            await app(scope, receive, send)
        else:
            await answer_unread(PlainTextResponse("Authentication error", 401), scope, receive, send)

    return guarded


def _json(value: object) -> bytes:
    """In ASCII, so that a lone surrogate, which no UTF-8 has, is sent as well."""
    return json.dumps(value).encode()


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _called(text: str) -> tuple[str, str | None]:
    """The Worker and its entrypoint that a header names."""
    name, _, entrypoint = unquote(text).partition("#")
    return name, entrypoint or None
