"""Response and FetchResponse of the workers module, and what a handler's result means."""

import json
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from types import NoneType
from typing import Any, Final, NamedTuple, overload

from kvstore.javascript.stream import ReadableStream
from worker.sdk.ffi import http
from worker.sdk.ffi.crossing import call, unwrap, wrap
from worker.sdk.ffi.errors import JsException, javascript_errors, python_error
from worker.sdk.ffi.jsproxy import JsProxy
from worker.sdk.http.blob import Blob
from worker.sdk.http.form_data import FormData
from worker.sdk.http.headers import MessageHeaders, constructor_name, web_headers
from worker.sdk.web.http.response import Response as WebResponse
from worker.sdk.web.http.status import STATUSES_WITH_BODY
from worker.sdk.web.websocket import WebSocket

_PLAIN: Final = (dict, NoneType)
_BUFFERS: Final = ("ArrayBuffer", "DataView", "TypedArray", "Uint8Array")
_PYTHON_BODIES: Final = (str, bytes, FormData, NoneType)
RESPONSE_ACCEPTED: Final = frozenset(
    {*_BUFFERS, "Blob", "FormData", "ReadableStream", "URLSearchParams", "Response"}
)


class FetchResponse(http.FetchResponse):
    """The reading half of Response, and its static methods."""

    @property
    def js_object(self) -> Any:
        return self.js_response

    @property
    def body(self) -> Any:
        """The body as a JavaScript ReadableStream, or None."""
        return self.js_response.body or None

    @property
    def headers(self) -> MessageHeaders:
        return MessageHeaders(self.js_response.headers)

    async def form_data(self) -> FormData:
        """The body as a form. Raises TypeError unless the content type is one of the two for forms."""
        self._raise_if_used()
        return FormData(await _python_errors_later(self.js_response.formData()))

    async def formData(self) -> FormData:
        return await self.form_data()

    async def blob(self) -> Blob:
        self._raise_if_used()
        return Blob(await self.js_response.blob())

    def replace_body(self, body: Any) -> "Response":
        """A response with another body and the same status and headers."""
        return Response(call(WebResponse, (_javascript_body(body), self.js_response), {}))

    @staticmethod
    def redirect(url: str, status: HTTPStatus | int = HTTPStatus.FOUND) -> Any:
        """A redirect, as a raw JavaScript Response.

        Raises ValueError for another status than 301, 302, 303, 307, 308, TypeError for a relative URL.
        """
        return _python_errors(lambda: call(WebResponse.redirect, (url, int(status)), {}))

    @staticmethod
    def from_json(
        data: Any, status: HTTPStatus | int = HTTPStatus.OK, status_text: str = "", headers: Any = None
    ) -> "Response":
        """``data`` as Python's ``json.dumps`` writes it; a JsProxy as JavaScript does."""
        options = _options(status, status_text, headers)
        if isinstance(data, JsProxy):
            return Response(_python_errors(lambda: _made(WebResponse.json_, data, options)))
        fields = options.setdefault("headers", web_headers({}))
        if not fields.has("content-type"):
            fields.set("content-type", "application/json")
        return Response(_python_errors(lambda: _made(WebResponse, json.dumps(data), options)))

    @overload
    def json(self: "FetchResponse", **options: Any) -> Coroutine[Any, Any, Any]: ...

    @overload
    def json(
        self: Any, status: HTTPStatus | int = ..., status_text: str = ..., headers: Any = ...
    ) -> "Response": ...

    def json(self: Any, *args: Any, **kwargs: Any) -> Any:
        """The body through ``json.loads``; called on the class it is `from_json`."""
        if isinstance(self, FetchResponse):
            return http.FetchResponse.json(self, **kwargs)
        return Response.from_json(self, *args, **kwargs)


class Response(FetchResponse):
    """What a Worker answers.

    ``body`` is str, bytes, FormData or None, or a JavaScript Blob, buffer, FormData, ReadableStream,
    URLSearchParams or Response; ``status`` 200 unless given, ``headers`` a dict, a list of pairs or a
    JavaScript Headers. Raises TypeError for other types, ValueError for options beside a JavaScript Response,
    JsException (RangeError, TypeError) for what workerd refuses: statuses outside 200 … 599, a body with
    101, 204, 205 or 304.
    """

    def __init__(
        self,
        body: Any = None,
        status: HTTPStatus | int | None = None,
        status_text: str = "",
        headers: Any = None,
        web_socket: Any = None,
    ) -> None:
        plain = status is None or (type(status) is int and status in STATUSES_WITH_BODY)
        if type(body) is str and plain and type(headers) in _PLAIN and not (status_text or web_socket):
            self._url, self.js_response = "", _made_of_text(body, status or 200, headers or {})
            return
        kind = constructor_name(body)
        if kind not in RESPONSE_ACCEPTED if kind else not isinstance(body, _PYTHON_BODIES):
            raise TypeError(f"Unsupported type in Response: {kind or type(body).__name__}")
        if kind == "Response":
            if status is not None or status_text or headers is not None:
                raise ValueError("Expected no options when constructing Response from a js.Response")
            super().__init__(body.url, body)
            return
        options = _options(status, status_text, headers)
        if web_socket:
            options["webSocket"] = unwrap(web_socket)
        self._url, self.js_response = "", _made(WebResponse, _javascript_body(body), options)

    def __repr__(self) -> str:
        shown = [f"status={self.status}"]
        if self.status_text:
            shown.append(f"status_text={self.status_text!r}")
        if "content-type" in self.headers:
            shown.append(f"content_type={self.headers['content-type']!r}")
        if self.url:
            shown.append(f"url={self.url!r}")
        if self.type != "default":
            shown.append(f"type={self.type!r}")
        return f"Response({', '.join(shown)})"


class ResponseParts(NamedTuple):
    """An answer ready to be sent: one pair in ``headers`` for each line, names in lower case.

    ``web_socket`` is the end that the client is to be connected with.
    """

    status: int
    status_text: str
    headers: list[tuple[str, str]]
    body: bytes | ReadableStream | None
    web_socket: WebSocket | None = None


def response_parts(value: Any) -> ResponseParts:
    """What a handler returned, for the server.

    Takes Response, FetchResponse, Pyodide's and a JavaScript Response. Raises TypeError, with workerd's text,
    for anything else, and JsException if the body was read before.
    """
    response = response_object(value)
    body = response.js_data()
    return ResponseParts(
        response.status, response.statusText, response.headers.js_lines(), body, response.webSocket
    )


def response_object(value: Any) -> WebResponse:
    """The JavaScript Response in what a handler returned. Raises TypeError as `response_parts` does."""
    response = unwrap(value.js_response if isinstance(value, http.FetchResponse) else value)
    if not isinstance(response, WebResponse):
        raise TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.")
    return response


def _options(status: HTTPStatus | int | None, status_text: str, headers: Any) -> dict[str, Any]:
    """The options object, as JavaScript has it: what is not given, or is empty, is left out."""
    options: dict[str, Any] = {}
    if status:
        options["status"] = status.value if isinstance(status, HTTPStatus) else unwrap(status)
    if status_text:
        options["statusText"] = unwrap(status_text)
    if headers:
        options["headers"] = web_headers(headers)
    return options


def _made(make: Callable[..., WebResponse], body: Any, options: dict[str, Any]) -> Any:
    """A JavaScript Response. Raises JsException."""
    with javascript_errors():
        return wrap(make(unwrap(body), options) if options else make(unwrap(body)))


def _made_of_text(text: str, status: int, headers: dict[str, Any]) -> JsProxy:
    """What `_made` gives for the most common answer."""
    return JsProxy(WebResponse.js_text(text, status, web_headers(headers)))


def _javascript_body(body: Any) -> Any:
    if isinstance(body, FormData):
        return body.js_object
    return wrap(body) if isinstance(body, bytes) else body


def _python_errors(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except JsException as error:
        raise python_error(error) from error


async def _python_errors_later(reading: Any) -> Any:
    try:
        return await reading
    except JsException as error:
        raise python_error(error) from error
