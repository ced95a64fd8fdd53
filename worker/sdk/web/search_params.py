"""URLSearchParams, and the application/x-www-form-urlencoded format that it reads and writes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from kvstore.javascript.values import UNDEFINED, JsMap, Undefined, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.iteration import iterate
from worker.sdk.web.fields import Fields


def parse_urlencoded(text: str) -> list[tuple[str, str]]:
    """The pairs of ``a=1&b=2``; bytes that are not UTF-8 become U+FFFD."""
    pairs = []
    for field in text.split("&"):
        if field:
            name, _, value = field.partition("=")
            pairs.append((unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace")))
    return pairs


def urlencoded(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _encode(text: str) -> str:
    # The URL standard escapes the tilde, which Python never does.
    return quote_plus(text, safe="*-._", errors="replace").replace("~", "%7E")


class URLSearchParams(Fields[str]):
    """Made of a query text, pairs or an object; ``js_changed`` is called after every change."""

    def __init__(self, init: Any = UNDEFINED, js_changed: Callable[[], None] | None = None) -> None:
        self.js_fields = _pairs(init)
        self._changed = js_changed or (lambda: None)

    @property
    def size(self) -> int:
        return len(self.js_fields)

    def append(self, name: Any, value: Any) -> None:
        self.js_fields.append((to_string(name), to_string(value)))
        self._changed()

    def set(self, name: Any, value: Any) -> None:
        self.js_put(to_string(name), to_string(value))
        self._changed()

    def delete(self, name: Any, value: Any = UNDEFINED) -> None:
        self.js_fields = [pair for pair in self.js_fields if not _matches(pair, name, value)]
        self._changed()

    def has(self, name: Any, value: Any = UNDEFINED) -> bool:
        return any(_matches(pair, name, value) for pair in self.js_fields)

    def sort(self) -> None:
        self.js_fields.sort(key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        self._changed()

    def js_string(self) -> str:
        return urlencoded(self.js_fields)


def _matches(pair: tuple[str, str], name: Any, value: Any) -> bool:
    return pair[0] == to_string(name) and (isinstance(value, Undefined) or pair[1] == to_string(value))


def _pairs(init: Any) -> list[tuple[str, str]]:
    if init is None or isinstance(init, Undefined):
        return []
    if isinstance(init, str):
        return parse_urlencoded(init.removeprefix("?"))
    if isinstance(init, dict) and not isinstance(init, JsMap):
        return [(to_string(name), to_string(value)) for name, value in init.items()]
    pairs = [list(iterate(pair)) for pair in iterate(init)]
    if any(len(pair) != 2 for pair in pairs):
        raise type_error("URLSearchParams: each pair must have a name and a value.")
    return [(to_string(name), to_string(value)) for name, value in pairs]
