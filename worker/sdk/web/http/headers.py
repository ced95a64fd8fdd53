"""The Headers of a request or response."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from kvstore.javascript.values import JsMap, Undefined, to_string
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, PyObject

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_WHITESPACE: Final = " \t\r\n"
SET_COOKIE: Final = "set-cookie"


class _LateValues:
    """The values of headers that came in: made of their lines when somebody first asks for them."""

    def __get__(self, headers: "Headers", _: type) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        for name, value in headers._lines:
            values.setdefault(name.lower(), []).append(value.strip(_WHITESPACE))
        headers._values = values
        return values


class Headers(JsObject):
    """Names compare without case and are listed sorted, in lower case; values are text without line breaks.

    Repeated values are joined with a comma when read, except Set-Cookie's. Raises JsException (TypeError)
    with workerd's texts for a bad name or value, and for any change when ``js_immutable``.
    """

    # The values of each name.
    _values: dict[str, list[str]] = _LateValues()  # type: ignore[assignment]
    _lines: Iterable[tuple[str, str]] = ()
    _shown: list[tuple[str, str]] | None = None

    def __init__(self, init: Any = None) -> None:
        self._values = {}
        self.js_immutable = False
        if init is None:
            return
        if isinstance(init, Headers):  # what it holds has been checked
            self._values = {name: list(values) for name, values in init._values.items()}
        elif not isinstance(init, Undefined):
            for name, value in _pairs(init):
                self.append(name, value)

    def append(self, name: Any, value: Any) -> None:
        key, text = self._checked(name, value)
        self._values.setdefault(key, []).append(text)

    def set(self, name: Any, value: Any) -> None:
        key, text = self._checked(name, value)
        self._values[key] = [text]

    def delete(self, name: Any) -> None:
        self._require_mutable()
        self._values.pop(_key(name), None)

    def has(self, name: Any) -> bool:
        return _key(name) in self._values

    def get(self, name: Any) -> str | None:
        values = self._values.get(_key(name))
        return None if values is None else ", ".join(values)

    def getSetCookie(self) -> list[str]:
        return list(self._values.get(SET_COOKIE, ()))

    def getAll(self, name: Any) -> list[str]:
        if _key(name) != SET_COOKIE:
            raise type_error('getAll() can only be used with the header name "Set-Cookie".')
        return self.getSetCookie()

    def entries(self) -> Iterator[list[str]]:
        return iter([[name, value] for name, value in self.js_combined()])

    def keys(self) -> Iterator[str]:
        return iter([name for name, _ in self.js_combined()])

    def values(self) -> Iterator[str]:
        return iter([value for _, value in self.js_combined()])

    def forEach(self, callback: Callable[..., Any], *_: Any) -> None:
        for name, value in self.js_combined():
            callback(value, name, self)

    def __iter__(self) -> Iterator[list[str]]:
        return self.entries()

    def js_combined(self) -> list[tuple[str, str]]:
        """As a Worker reads them: one pair for each name, but one for each Set-Cookie. Not to be changed."""
        if not self.js_immutable:
            return self._combined()
        if self._shown is None:
            self._shown = self._combined()
        return self._shown

    def _combined(self) -> list[tuple[str, str]]:
        combined: list[tuple[str, str]] = []
        for name, values in sorted(self._values.items()):
            if name == SET_COOKIE:
                combined += [(name, text) for text in values]
            else:
                combined.append((name, ", ".join(values)))
        return combined

    def js_lines(self) -> list[tuple[str, str]]:
        """As they are sent: one pair for each value."""
        values = self._values
        return [(name, value) for name in sorted(values) for value in values[name]]

    @classmethod
    def js_incoming(cls, lines: Iterable[tuple[str, str]]) -> "Headers":
        """The lines of a message that a server read, and so checked; they cannot be changed.

        They are not looked at before the headers are: many a Worker never does.
        """
        headers = cls.__new__(cls)
        headers._lines = lines
        headers.js_immutable = True
        return headers

    def js_imply(self, content_type: str) -> None:
        """Set the content type that a body's kind implies, unless there is one; it is printable ASCII."""
        if "content-type" not in self._values:
            self._require_mutable()
            self._values["content-type"] = [content_type.strip(_WHITESPACE)]

    def js_copy(self) -> "Headers":
        return Headers(self)

    def _checked(self, name: Any, value: Any) -> tuple[str, str]:
        self._require_mutable()
        text = (value if type(value) is str else to_string(value)).strip(_WHITESPACE)
        key = _lower_case(name) if type(name) is str else _key(name)
        if "\r" in text or "\n" in text or "\0" in text:
            raise type_error("Invalid header value.")
        return key, text

    def _require_mutable(self) -> None:
        if self.js_immutable:
            raise type_error("Can't modify immutable headers.")


def _key(name: Any) -> str:
    return _lower_case(to_string(name))


@lru_cache(maxsize=512)
def _lower_case(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise type_error("Invalid header name.")
    return text.lower()


def _pairs(init: Any) -> Iterator[tuple[Any, Any]]:
    """The names and values in what Headers can be made of."""
    if isinstance(init, dict) and not isinstance(init, JsMap):
        yield from init.items()
    elif isinstance(init, PyObject) and isinstance(init.js_unwrap(), dict):
        # A Python dict that was not converted is an iterable of its keys there, and no pairs.
        raise type_error("Headers: a Python dict is not a JavaScript object; convert it with to_js.")
    else:
        for pair in iterate(init):
            items = pair if type(pair) is list else list(iterate(pair))
            if len(items) != 2:
                raise type_error("Headers: each of the pairs must have a name and a value.")
            yield items[0], items[1]
