"""The R2 binding's own HTTP, as an ASGI app.

    GET /   what is asked, JSON in the header ``cf-r2-request``: head, get, list
    PUT /   the JSON in the first bytes of the body, ``cf-r2-metadata-size`` of them: all that writes

An answer has ``cf-r2-metadata-size`` bytes of JSON, then the object's; an error is JSON in the header
``cf-r2-error``, and has the object's description where only a condition did not hold. Source: requests of
workerd 1.20260426, recorded.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from worker.r2 import errors
from worker.r2.bucket import Answer, Service
from worker.r2.errors import R2Error
from worker.serving import LOCAL_HOSTS, BodyTooLarge, Guard, answer_unread, read_body

BUCKET_HEADER: Final = "x-r2-bucket"
_REQUEST: Final = b"cf-r2-request"
_SIZE: Final = "cf-r2-metadata-size"
_ERROR: Final = "cf-r2-error"
# The name under which workerd asks the service of an R2 binding.
_WORKERD_ASKS: Final = "fake-host"
_MOST_BODY: Final = 512 * 1024 * 1024


def create_r2_app(resolver: Callable[[str], Service], *, token: str | None = None) -> Starlette:
    """An ASGI app that answers for every bucket; ``resolver`` gives the service of a bucket's name.

    With a ``token`` every request must carry it, without one only this machine is served (`Guard`).
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the router answers other types itself
            return
        headers = dict(scope["headers"])
        try:
            body = await read_body(scope, receive, _MOST_BODY)
        except BodyTooLarge as error:
            await answer_unread(PlainTextResponse(str(error), 413), scope, receive, send)
            return
        name = headers.get(BUCKET_HEADER.encode(), b"").decode("utf-8", "replace")
        try:
            asked, content = _asked(scope["method"], headers, body)
            response = _response(await resolver(name)(asked, content))
        except R2Error as error:
            response = _refused(error)
        await response(scope, receive, send)

    app = Starlette()
    app.router.redirect_slashes = False
    app.router.default = Guard(token, LOCAL_HOSTS | {_WORKERD_ASKS}).before(answered)
    return app


def _asked(method: str, headers: dict[bytes, bytes], body: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        if method == "GET":
            text, content = headers[_REQUEST], b""
        else:
            size = int(headers[_SIZE.encode()])
            text, content = body[:size], body[size:]
        # A lone surrogate comes as three bytes that are not UTF-8.
        asked = json.loads(text.decode("utf-8", "replace"))
    except (KeyError, ValueError) as error:
        raise errors.R2Error(*errors.MALFORMED) from error
    if not isinstance(asked, dict):
        raise errors.R2Error(*errors.MALFORMED)
    return asked, content


def _response(answer: Answer, status: int = 200) -> Response:
    if answer.described is None:
        return Response(status_code=status)
    described = json.dumps(answer.described, ensure_ascii=False).encode()
    headers = {_SIZE: str(len(described))}
    return Response(described + answer.body, status, headers, "application/json")


def _refused(error: R2Error) -> Response:
    response = Response() if error.found is None else _response(Answer(error.found.whole()))
    response.status_code = error.status
    response.headers[_ERROR] = json.dumps({"message": error.message, "version": 1, "v4code": error.code})
    return response
