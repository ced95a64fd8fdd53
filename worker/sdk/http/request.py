"""Request of the workers module."""

import json
from collections.abc import Iterable
from http import HTTPMethod
from typing import Any, Final, NamedTuple, Self

from worker.sdk.ffi.crossing import call, unwrap, wrap
from worker.sdk.ffi.errors import JsException, python_error
from worker.sdk.http.blob import Blob
from worker.sdk.http.form_data import FormData
from worker.sdk.http.headers import MessageHeaders, constructor_name, javascript_headers
from worker.sdk.web.http.headers import Headers as WebHeaders
from worker.sdk.web.http.request import Request as WebRequest

_METHODS: Final = HTTPMethod.__members__


class RequestParts(NamedTuple):
    """A request ready to be sent: one pair in ``headers`` for each line, names in lower case."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes


class Request:
    """An HTTP request, incoming or to be fetched.

    ``input`` is a URL, a Request or a JavaScript Request; options are method, headers, body, redirect and cf.
    Raises ValueError for options beside a JavaScript Request, TypeError for headers of another type than
    dict, list of pairs or JavaScript Headers, JsException for what workerd refuses.
    """

    # The JavaScript object itself: text and truth are the same on both sides, and need no proxy.
    _own: WebRequest

    def __init__(self, input: Any, **other_options: Any) -> None:
        if constructor_name(input) == "Request":
            if other_options:
                raise ValueError("Expected no options when constructing Request from a js.Request")
            self._js_request = input
        else:
            source = input.js_object if isinstance(input, Request) else input
            self._js_request = call(WebRequest, (source,), javascript_options(other_options))
        self._own = unwrap(self._js_request)

    @classmethod
    def from_parts(
        cls,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        cf: dict[str, Any] | None = None,
    ) -> Self:
        """A request as it reaches a Worker: any method, headers that cannot be changed, redirects manual."""
        request = cls.__new__(cls)
        lines = WebHeaders.js_incoming(headers)
        request._js_request = None  # few ask for it
        request._own = WebRequest.js_incoming(method, url, lines, body or None, cf)
        return request

    def parts(self) -> RequestParts:
        """The request as it is sent on; its body must be whole, and is not marked as read."""
        body = self._own.js_data()
        assert body is None or isinstance(body, bytes)
        return RequestParts(self._own.method, self._own.url, self._own.headers.js_lines(), body or b"")

    def __repr__(self) -> str:
        return f"Request(method={self._own.method!r}, url={self._own.url!r})"

    @property
    def js_object(self) -> Any:
        if self._js_request is None:
            self._js_request = wrap(self._own)
        return self._js_request

    @property
    def method(self) -> HTTPMethod:
        """Raises KeyError for a method that Python's http module does not know, such as PURGE."""
        return _METHODS[self._own.method]

    @property
    def url(self) -> str:
        return self._own.url

    @property
    def headers(self) -> MessageHeaders:
        return MessageHeaders(self._own.headers)

    @property
    def body(self) -> Any:
        """The body as a JavaScript ReadableStream; jsnull when there is none."""
        return self.js_object.body

    @property
    def body_used(self) -> bool:
        return self._own.bodyUsed

    @property
    def cf(self) -> Any:
        """Cloudflare's facts about an incoming request, as a JsProxy; None when there are none."""
        return self.js_object.cf or None

    def incoming_cf(self) -> dict[str, Any]:
        """Cloudflare's facts as `from_parts` was given them."""
        return self._own.cf if isinstance(self._own.cf, dict) else {}

    @property
    def redirect(self) -> str:
        return str(self.js_object.redirect)

    @property
    def cache(self) -> str:
        return str(self.js_object.cache)

    @property
    def credentials(self) -> str:
        return str(self.js_object.credentials)

    @property
    def destination(self) -> str:
        return str(self.js_object.destination)

    @property
    def integrity(self) -> str:
        return str(self.js_object.integrity)

    @property
    def is_history_navigation(self) -> bool:
        return bool(self.js_object.isHistoryNavigation)

    @property
    def keepalive(self) -> bool:
        return bool(self.js_object.keepalive)

    @property
    def mode(self) -> str:
        return str(self.js_object.mode)

    @property
    def referrer(self) -> str:
        return str(self.js_object.referrer)

    @property
    def referrer_policy(self) -> str:
        return str(self.js_object.referrerPolicy)

    def clone(self) -> "Request":
        """A request with the same body. Raises OSError if it was read."""
        self._raise_if_used()
        return Request(self.js_object.clone())

    async def buffer(self) -> Any:
        """The body as a JavaScript ArrayBuffer."""
        self._raise_if_used()
        return await self.js_object.arrayBuffer()

    async def bytes(self) -> bytes:
        content: Any = await self.buffer()
        return content.to_bytes()  # type: ignore[no-any-return]

    async def text(self) -> str:
        self._raise_if_used()
        return await self._own.text()

    async def json(self, **kwargs: Any) -> Any:
        """The body through Python's ``json.loads``, which ``kwargs`` are for."""
        return json.loads(await self.text(), **kwargs)

    async def blob(self) -> Blob:
        self._raise_if_used()
        return Blob(await self.js_object.blob())

    async def form_data(self) -> FormData:
        """The body as a form. Raises TypeError unless the content type is one of the two for forms."""
        self._raise_if_used()
        try:
            return FormData(await self.js_object.formData())
        except JsException as error:
            raise python_error(error) from error

    def _raise_if_used(self) -> None:
        if self.body_used:
            raise OSError("Body already used")


def javascript_options(options: dict[str, Any]) -> dict[str, Any]:
    """Request options with what JavaScript would not understand converted."""
    converted = dict(options)
    if "headers" in options:
        converted["headers"] = javascript_headers(options["headers"])
    if isinstance(options.get("method"), HTTPMethod):
        converted["method"] = options["method"].value
    body = options.get("body")
    if isinstance(body, bytes):
        converted["body"] = wrap(body)
    elif isinstance(body, FormData | Blob):
        converted["body"] = body.js_object
    return converted
