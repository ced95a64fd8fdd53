"""Request of the workers module."""

import json
from collections.abc import Iterable
from http import HTTPMethod
from typing import Any, Self

from worker.sdk.blob import Blob
from worker.sdk.ffi.errors import JsException, python_error
from worker.sdk.ffi.jsproxy import call, unwrap, wrap
from worker.sdk.form_data import FormData
from worker.sdk.headers import MessageHeaders, constructor_name, javascript_headers
from worker.sdk.web.body import Content
from worker.sdk.web.headers import Headers as WebHeaders
from worker.sdk.web.request import Request as WebRequest


class Request:
    """An HTTP request, incoming or to be fetched.

    ``input`` is a URL, a Request or a JavaScript Request; options are method, headers, body, redirect and cf.
    Raises ValueError for options beside a JavaScript Request, TypeError for headers of another type than
    dict, list of pairs or JavaScript Headers, JsException for what workerd refuses.
    """

    def __init__(self, input: Any, **other_options: Any) -> None:
        if constructor_name(input) == "Request":
            if other_options:
                raise ValueError("Expected no options when constructing Request from a js.Request")
            self._js_request = input
            return
        source = input._js_request if isinstance(input, Request) else input
        self._js_request = call(WebRequest, (source,), javascript_options(other_options))

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
        content = Content(body) if body else None
        lines = WebHeaders.js_incoming(headers)
        request = cls.__new__(cls)
        request._js_request = wrap(WebRequest.js_incoming(method, url, lines, content, cf))
        return request

    def __repr__(self) -> str:
        return f"Request(method={self._js_request.method!r}, url={self._js_request.url!r})"

    @property
    def js_object(self) -> Any:
        return self._js_request

    @property
    def _own(self) -> WebRequest:
        """The JavaScript object itself: text and truth are the same on both sides, and need no proxy."""
        target: WebRequest = unwrap(self._js_request)
        return target

    @property
    def method(self) -> HTTPMethod:
        """Raises KeyError for a method that Python's http module does not know, such as PURGE."""
        return HTTPMethod[self._own.method]

    @property
    def url(self) -> str:
        return self._own.url

    @property
    def headers(self) -> MessageHeaders:
        return MessageHeaders(self._own.headers)

    @property
    def body(self) -> Any:
        """The body as a JavaScript ReadableStream; jsnull when there is none."""
        return self._js_request.body

    @property
    def body_used(self) -> bool:
        return self._own.bodyUsed

    @property
    def cf(self) -> Any:
        """Cloudflare's facts about an incoming request, as a JsProxy; None when there are none."""
        return self._js_request.cf or None

    @property
    def redirect(self) -> str:
        return str(self._js_request.redirect)

    @property
    def cache(self) -> str:
        return str(self._js_request.cache)

    @property
    def credentials(self) -> str:
        return str(self._js_request.credentials)

    @property
    def destination(self) -> str:
        return str(self._js_request.destination)

    @property
    def integrity(self) -> str:
        return str(self._js_request.integrity)

    @property
    def is_history_navigation(self) -> bool:
        return bool(self._js_request.isHistoryNavigation)

    @property
    def keepalive(self) -> bool:
        return bool(self._js_request.keepalive)

    @property
    def mode(self) -> str:
        return str(self._js_request.mode)

    @property
    def referrer(self) -> str:
        return str(self._js_request.referrer)

    @property
    def referrer_policy(self) -> str:
        return str(self._js_request.referrerPolicy)

    def clone(self) -> "Request":
        """A request with the same body. Raises OSError if it was read."""
        self._raise_if_used()
        return Request(self._js_request.clone())

    async def buffer(self) -> Any:
        """The body as a JavaScript ArrayBuffer."""
        self._raise_if_used()
        return await self._js_request.arrayBuffer()

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
        return Blob(await self._js_request.blob())

    async def form_data(self) -> FormData:
        """The body as a form. Raises TypeError unless the content type is one of the two for forms."""
        self._raise_if_used()
        try:
            return FormData(await self._js_request.formData())
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
