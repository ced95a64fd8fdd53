"""The binding of a queue in its own HTTP, as an ASGI app.

    POST /message   the body of one message, with the headers X-Msg-Fmt and X-Msg-Delay-Secs
    POST /batch     {messages: [{body, contentType, delaySecs}]}, bodies in Base64; X-Msg-Delay-Secs for all
    GET  /metrics   what waits in the queue

Headers name the queue, and the delay of messages without one of their own. The answer is JSON; an error has
its code and its text in headers. Source: requests of workerd 1.20260426, recorded.
"""

import json
from base64 import b64decode
from typing import Any, Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.messaging.broker import Broker
from worker.messaging.limits import QueueError
from worker.messaging.message import Message
from worker.serving import BodyTooLarge, Guard, answer_unread, read_body

QUEUE_HEADER: Final = "x-queue"
DELAY_HEADER: Final = "x-queue-delay"
_ERROR_CODE, _ERROR_CAUSE = "CF-Queues-Error-Code", "CF-Queues-Error-Cause"
_MOST_BODY: Final = 100 * 1024 * 1024


def create_queues_app(broker: Broker, token: str) -> ASGIApp:
    """An ASGI app that puts messages into the queues of ``broker`` for requests that carry ``token``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope, receive, _MOST_BODY)
        except BodyTooLarge as error:
            await answer_unread(PlainTextResponse(str(error), 413), scope, receive, send)
            return
        await _answer(broker, Request(scope), body)(scope, receive, send)

    return Guard(token).before(app)


def _answer(broker: Broker, request: Request, body: bytes) -> Response:
    queue, path = unquote(request.headers[QUEUE_HEADER]), request.url.path
    if path == "/metrics":
        return JSONResponse(broker.metrics(queue))
    general = _delay(request.headers.get("x-msg-delay-secs"), int(request.headers[DELAY_HEADER]))
    try:
        if path == "/message":
            kind = request.headers.get("x-msg-fmt", "v8")
            metrics = broker.send(queue, [broker.message(kind, _checked(kind, body), general)])
        else:
            messages = [_message(broker, one, general) for one in json.loads(body)["messages"]]
            metrics = broker.send(queue, messages, batch=True)
    except QueueError as error:
        headers = {_ERROR_CODE: str(error.code), _ERROR_CAUSE: error.cause}
        return PlainTextResponse(error.cause, error.status, headers)
    return JSONResponse({"metadata": {"metrics": metrics}})


def _checked(kind: str, body: bytes) -> bytes:
    """The body. Raises QueueError for JSON that is not valid, which workerd sends for a function."""
    if kind == "json":
        try:
            json.loads(body)
        except ValueError as error:
            raise QueueError(10203, "Invalid message metadata") from error
    return body


def _message(broker: Broker, given: dict[str, Any], general: int) -> Message:
    kind = given.get("contentType", "v8")
    body = _checked(kind, b64decode(given["body"]))
    return broker.message(kind, body, _delay(given.get("delaySecs"), general))


def _delay(given: Any, otherwise: int) -> int:
    return otherwise if given is None else int(given)
