"""The Cache API: ``caches.default`` and ``caches.open(name)``, in the memory of this process."""

import re
from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.surroundings import current_platform
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response

_LIFETIME: Final = re.compile(r"(?:^|[\s,])(s-maxage|max-age)=(\d+)")
_MUST_NOT: Final = re.compile(r"no-store|no-cache|private")


class Cache(JsObject):
    """Answers to GET requests by their URL, as long as Cache-Control or Expires allows.

    As on the platform: ``put`` refuses other methods, 206 and ``Vary: *``; an answer that says nothing of its
    lifetime stays, one that may not be stored is not.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[float | None, Response]] = {}

    async def put(self, key: Any, response: Any) -> None:
        request = _request(key)
        if request.method != "GET":
            raise type_error("Cannot cache response to non-GET request.")
        if response.status == 206:
            raise type_error("Cannot cache response to a range request (206 Partial Content).")
        if "*" in (response.headers.get("vary") or ""):
            raise type_error("Cannot cache response with 'Vary: *' header.")
        content = await response.js_read()
        rules = response.headers.get("cache-control") or ""
        lifetimes = {name: int(seconds) for name, seconds in _LIFETIME.findall(rules)}
        seconds = lifetimes.get("s-maxage", lifetimes.get("max-age"))
        if _MUST_NOT.search(rules) or seconds == 0 or response.headers.has("set-cookie"):
            return
        ends = None if seconds is None else current_platform().clock.now_ms() + seconds * 1000
        lines = [[name, value] for name, value in response.headers.js_lines()]
        kept = Response(bytearray(content), {"status": response.status, "headers": lines})
        kept.headers.set("cf-cache-status", "HIT")
        self._held[request.url] = ends, kept

    async def match(self, key: Any, options: Any = UNDEFINED) -> Any:
        request = _request(key)
        found = self._held.get(request.url)
        if found is None or request.method != "GET":
            return UNDEFINED
        ends, response = found
        if ends is not None and ends <= current_platform().clock.now_ms():
            del self._held[request.url]
            return UNDEFINED
        return response.clone()

    async def delete(self, key: Any, options: Any = UNDEFINED) -> bool:
        return self._held.pop(_request(key).url, None) is not None


class Caches(JsObject):
    js_name = "CacheStorage"

    def __init__(self) -> None:
        self._named: dict[str, Cache] = {}
        self.default = Cache()

    async def open(self, name: Any) -> Cache:
        return self._named.setdefault(to_string(name), Cache())


def _request(key: Any) -> Request:
    return key if isinstance(key, Request) else Request(key)
