"""Request, as JavaScript sees it in workerd."""

from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import option
from worker.sdk.web.http.body import Body, Content, Data, extract
from worker.sdk.web.http.headers import Headers
from worker.sdk.web.url import parse_url

METHODS: Final = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "PURGE", "OPTIONS", "TRACE", "CONNECT"),
        *("COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK", "ACL", "REPORT"),
        *("MKACTIVITY", "CHECKOUT", "MERGE", "MSEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "QUERY", "BAN"),
    )
)


class Request(Body):
    """``new Request(url or request, {method, headers, body, redirect, cf})``.

    Raises JsException (TypeError) with workerd's texts for an invalid URL, an unknown method, a body with GET
    or HEAD, and another redirect mode. Made of a request without a new body, it takes that one's.
    """

    def __init__(self, input: Any, init: Any = UNDEFINED, *_: Any) -> None:
        source = input if isinstance(input, Request) else None
        self._url: str | None = source.url if source else _url(input)
        self._given_url = self._url
        self._method = _method(option(init, "method"), source.method if source else "GET")
        self._redirect = _redirect(option(init, "redirect"), source.redirect if source else "follow")
        given_headers = option(init, "headers")
        inherits = source is not None and isinstance(given_headers, Undefined)
        headers = source.headers.js_copy() if source and inherits else Headers(given_headers)
        cf = option(init, "cf")
        self._cf = source.cf if source and isinstance(cf, Undefined) else cf
        body = option(init, "body")
        content = extract(body)
        if source and isinstance(body, Undefined):
            content = _taken(source)
        changed = not (isinstance(body, Undefined) and isinstance(option(init, "method"), Undefined))
        if content is not None and self._method in ("GET", "HEAD") and changed:
            raise type_error("Request with a GET or HEAD method cannot have a body.")
        super().__init__(content, headers)

    method = property(attrgetter("_method"))

    @property
    def url(self) -> str:
        if self._url is None:
            self._url = _url(self._given_url)
        return self._url

    redirect = property(attrgetter("_redirect"))
    cf = property(attrgetter("_cf"))

    # workerd implements none of the following; these are the Fetch standard's defaults.
    cache = "default"
    credentials = "same-origin"
    destination = ""
    integrity = ""
    keepalive = False
    mode = "cors"
    referrer = "about:client"

    @property
    def isHistoryNavigation(self) -> bool:
        return False

    @property
    def referrerPolicy(self) -> str:
        return ""

    def clone(self) -> "Request":
        content = self.js_clone()
        copy = Request(self.url, {"headers": self.headers.js_copy(), "cf": self._cf})
        copy._method, copy._redirect = self._method, self._redirect
        Body.__init__(copy, content, copy.headers)
        return copy

    @staticmethod
    def js_incoming(method: str, url: str, headers: Headers, content: Data | None, cf: Any) -> "Request":
        """A request that reached the Worker: any method, incoming headers, redirects manual."""
        request = Request.__new__(Request)
        # Most Workers look at the URL, some do not: it is read as one when it is asked for.
        request._url, request._given_url = None, url
        request._cf = UNDEFINED if cf is None else cf
        request._method, request._redirect = method, "manual"
        Body.__init__(request, None, headers)
        request._data = content
        return request


def _taken(source: Request) -> Content | None:
    if source.bodyUsed:
        raise type_error("Cannot reconstruct a Request with a used body.")
    return source.js_take()


def _url(given: Any) -> str:
    return _normal_url(to_string(given))


@lru_cache(maxsize=256)
def _normal_url(text: str) -> str:
    parsed = parse_url(text)
    if parsed is None:
        raise type_error(f"Invalid URL: {text}")
    return parsed.href


def _method(given: Any, default: str) -> str:
    if isinstance(given, Undefined):
        return default
    method = to_string(given).upper()
    if method not in METHODS:
        raise type_error(f"Invalid HTTP method string: {to_string(given)}")
    return method


def _redirect(given: Any, default: str) -> str:
    if isinstance(given, Undefined):
        return default
    mode = to_string(given).lower()
    if mode not in ("follow", "manual"):
        raise type_error(
            'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be implemented '
            'since it does not make sense at the edge; use "manual" and check the response status code).'
        )
    return mode
