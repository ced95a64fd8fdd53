"""Response, as JavaScript sees it in workerd."""

from operator import attrgetter
from typing import Any

from kvstore.javascript.json_text import stringify
from kvstore.javascript.values import UNDEFINED, Undefined, to_int32, to_string, utf8
from worker.sdk.ffi.errors import range_error, type_error
from worker.sdk.ffi.jsobject import option
from worker.sdk.web.http.body import TEXT, Body, Content, extract
from worker.sdk.web.http.headers import Headers
from worker.sdk.web.http.status import NULL_BODY_STATUSES, REDIRECT_STATUSES, status_text
from worker.sdk.web.url import parse_url
from worker.sdk.web.websocket import WebSocket


class Response(Body):
    """``new Response(body, {status, statusText, headers})``; another Response may stand for the options.

    Raises JsException: RangeError for a status outside 200 … 599, TypeError for a body that the status
    forbids (an empty one is dropped, as workerd does) and for control characters in the text.
    """

    def __init__(self, body: Any = UNDEFINED, init: Any = UNDEFINED, *_: Any) -> None:
        if init is UNDEFINED:
            self._status, self._status_text, headers = 200, "OK", Headers()
        else:
            self._socket = _checked_socket(option(init, "webSocket"))
            self._status = _checked_status(option(init, "status"), switches=self._socket is not None)
            text = option(init, "statusText")
            known = isinstance(text, Undefined)
            self._status_text = status_text(self._status) if known else _checked_text(text)
            headers = Headers(option(init, "headers"))
        super().__init__(_allowed(extract(body), self._status), headers)

    @staticmethod
    def js_text(text: str, status: int, headers: Headers) -> "Response":
        """What the constructor makes of a text, one of STATUSES_WITH_BODY, and headers of nobody else's."""
        response = Response.__new__(Response)
        Body.__init__(response, None, headers)
        response._status, response._status_text = status, status_text(status)
        response._data = utf8(text)
        headers.js_imply(TEXT)
        return response

    _url = ""
    _type = "default"
    _redirected = False

    @staticmethod
    def error() -> "Response":
        failed = Response()
        failed._status, failed._status_text, failed._type = 0, "", "error"
        return failed

    @staticmethod
    def redirect(url: Any, status: Any = UNDEFINED) -> "Response":
        """A redirect with immutable headers; the status is checked first, then the URL."""
        code = 302 if isinstance(status, Undefined) else to_int32(status)
        if code not in REDIRECT_STATUSES:
            raise range_error(
                f"{code} is not a redirect status code. It must be one of: 301, 302, 303, 307, or 308."
            )
        parsed = parse_url(to_string(url))
        if parsed is None:
            raise type_error(f"Unable to parse URL: {to_string(url)}")
        response = Response(None, {"status": code, "headers": {"location": parsed.href}})
        response.headers.js_immutable = True
        return response

    @staticmethod
    def json_(data: Any, init: Any = UNDEFINED) -> "Response":
        """``Response.json(data, init)``: compact JSON. Instances have a json() too, hence the underscore."""
        text = stringify(data)
        if not isinstance(text, str):
            raise type_error("The data is not JSON serializable")
        headers = Headers(option(init, "headers"))
        if not headers.has("content-type"):
            headers.set("content-type", "application/json")
        names = ("status", "statusText")
        return Response(text, {name: option(init, name) for name in names} | {"headers": headers})

    status = property(attrgetter("_status"))
    statusText = property(attrgetter("_status_text"))

    @property
    def ok(self) -> bool:
        return 200 <= self._status <= 299

    url = property(attrgetter("_url"))
    type = property(attrgetter("_type"))
    redirected = property(attrgetter("_redirected"))

    _socket: WebSocket | None = None

    webSocket = property(attrgetter("_socket"))

    def clone(self) -> "Response":
        copy = Response(None, self)
        content = self.js_clone()
        Body.__init__(copy, content, copy.headers)
        copy._url, copy._type, copy._redirected = self._url, self._type, self._redirected
        return copy

    @staticmethod
    def js_received(
        status: int, text: str, headers: Headers, content: Content | None, url: str, redirected: bool
    ) -> "Response":
        """A response that came from elsewhere: its headers cannot be changed."""
        response = Response()
        response._status, response._status_text = status, text or status_text(status)
        response._url, response._redirected = url, redirected
        Body.__init__(response, content, headers)
        headers.js_immutable = True
        return response


def _checked_socket(given: Any) -> WebSocket | None:
    if given is None or isinstance(given, Undefined):
        return None
    if not isinstance(given, WebSocket):
        raise type_error(
            "Incorrect type for the 'webSocket' field on 'ResponseInit': the provided value is not of type "
            "'WebSocket'."
        )
    return given


def _checked_status(given: Any, *, switches: bool) -> int:
    status = (101 if switches else 200) if isinstance(given, Undefined) else to_int32(given)
    if switches:
        if status != 101:
            raise range_error("Responses with a WebSocket must have status code 101.")
        return status
    if not 200 <= status <= 599:
        raise range_error(
            "Responses may only be constructed with status codes in the range 200 to 599, inclusive."
        )
    return status


def _checked_text(given: Any) -> str:
    text = to_string(given)
    if any(character < " " for character in text):
        raise type_error("Invalid statusText")
    return text


def _allowed(content: Content | None, status: int) -> Content | None:
    if content is None or status not in NULL_BODY_STATUSES:
        return content
    if content.data != b"":
        raise type_error("Response with null body status (101, 204, 205, or 304) cannot have a body.")
    return None
