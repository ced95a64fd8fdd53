"""URL, by ada: the parser that workerd itself has."""

from typing import Any

import ada_url

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.search_params import URLSearchParams, parse_urlencoded


def parse_url(text: str, base: str | None = None) -> ada_url.URL | None:
    """``text`` as a URL, relative to ``base`` if there is one; None for what is not a valid URL."""
    try:
        return ada_url.URL(_unicode(text), None if base is None else _unicode(base))
    except ValueError:
        return None


def _unicode(text: str) -> str:
    """A USVString: a lone surrogate is U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _part(name: str) -> Any:
    """A property of a URL; what it cannot become changes nothing."""

    def read(url: "URL") -> str:
        return str(getattr(url._ada, name))

    def write(url: "URL", value: Any) -> None:
        try:
            setattr(url._ada, name, _unicode(to_string(value)))
        except ValueError:
            return
        if name in ("href", "search"):
            url._params.js_fields = parse_urlencoded(url.search.removeprefix("?"))

    return property(read, write)


class URL(JsObject):
    """``new URL(text, base)``. Raises JsException (TypeError) for what is not a valid URL."""

    href = _part("href")
    protocol = _part("protocol")
    username = _part("username")
    password = _part("password")
    host = _part("host")
    hostname = _part("hostname")
    port = _part("port")
    pathname = _part("pathname")
    search = _part("search")
    hash = _part("hash")

    def __init__(self, url: Any, base: Any = UNDEFINED) -> None:
        parsed = _parsed(url, base)
        if parsed is None:
            raise type_error("Invalid URL string.")
        self._ada = parsed
        self._params = URLSearchParams(self.search, self._take_params)

    @staticmethod
    def canParse(url: Any, base: Any = UNDEFINED) -> bool:
        return _parsed(url, base) is not None

    def _take_params(self) -> None:
        self._ada.search = self._params.js_string()

    @property
    def origin(self) -> str:
        return str(self._ada.origin)

    @property
    def searchParams(self) -> URLSearchParams:
        return self._params

    def js_string(self) -> str:
        return str(self._ada.href)

    def toJSON(self) -> str:
        return self.js_string()


def _parsed(url: Any, base: Any) -> ada_url.URL | None:
    return parse_url(to_string(url), None if isinstance(base, Undefined) else to_string(base))
