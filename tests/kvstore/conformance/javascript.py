"""JavaScript's values, from how kvstore.javascript writes them in Python back to JavaScript's own text."""

import json
import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kvstore import ReadableStream
from kvstore.javascript.values import (
    UNDEFINED,
    ArrayBuffer,
    JsMap,
    Symbol,
    byte_view,
    date_ms,
    is_bigint,
    number_text,
    to_string,
)

_TYPED_ARRAYS: Final = {"B": "Uint8Array", "H": "Uint16Array", "I": "Uint32Array", "d": "Float64Array"}
_LONG: Final = 1000


class Inexpressible(Exception):
    """A value that lives in Python alone; the text says which and why."""


@dataclass
class ReadStream:
    """What a ReadableStream gave: its chunks, and the text with which it failed, if it did."""

    chunks: list[bytes]
    failure: str | None = None


def source(value: Any) -> str:
    """An expression whose value is ``value``. Raises Inexpressible for what a Python function would do.

    A ReadableStream is written as an empty one: what it holds must be read before, into a ReadStream.
    """
    writer = _Writer()
    text = writer.write(value, ())
    if not writer.knots:
        return f"({text})"
    return f"((root) => {{ {'; '.join(writer.knots)}; return root; }})({text})"


@dataclass
class _Writer:
    """Writes containers as literals.

    One that is inside of itself is null there at first, and tied together afterwards, by the paths.
    """

    knots: list[str] = field(default_factory=list)
    inside: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def write(self, value: Any, path: tuple[str, ...]) -> str:
        if id(value) in self.inside:
            self.knots.append(f"{_place(path)} = {_place(self.inside[id(value)])}")
            return "null"
        if not isinstance(value, list | tuple | dict | set | frozenset):
            return _leaf(value)
        self.inside[id(value)] = path
        text = self._container(value, path)
        del self.inside[id(value)]
        return text

    def _container(self, value: Any, path: tuple[str, ...]) -> str:
        if isinstance(value, JsMap):
            return f"new Map({self._array([list(entry) for entry in value.items()], path)})"
        if isinstance(value, set | frozenset):
            return f"new Set({self._array(list(value), path)})"
        return self._object(value, path) if isinstance(value, dict) else self._array(value, path)

    def _array(self, items: list[Any] | tuple[Any, ...], path: tuple[str, ...]) -> str:
        return f"[{', '.join(self.write(item, (*path, str(at))) for at, item in enumerate(items))}]"

    def _object(self, members: dict[str, Any], path: tuple[str, ...]) -> str:
        if callable(members.get("toJSON")):
            raise Inexpressible("a toJSON that is written in Python cannot run in workerd")
        # Computed names, since a literal's __proto__ would be no member.
        names = {name: _text(name) for name in members}
        parts = [
            f"[{names[name]}]: {self.write(item, (*path, names[name]))}" for name, item in members.items()
        ]
        return f"{{{', '.join(parts)}}}"


def _place(path: tuple[str, ...]) -> str:
    return "root" + "".join(f"[{step}]" for step in path)


def _leaf(value: Any) -> str:
    for kinds, write in _LEAVES:
        if isinstance(value, kinds):
            return write(value)
    return "(() => 1)" if callable(value) else "new (class {})()"


def _text(text: str) -> str:
    if len(text) > _LONG and text == text[0] * len(text):
        return f"{json.dumps(text[0])}.repeat({len(text)})"
    return json.dumps(text)


def _number(value: int | float) -> str:
    if is_bigint(value):
        return f"{to_string(value)}n"
    return "-0" if value == 0 and math.copysign(1, value) < 0 else number_text(value)


def _bytes(value: Any) -> str:
    content = byte_view(value) or b""
    if content.count(0) == len(content):
        return f"new Uint8Array({len(content)})"
    return f"Uint8Array.of({', '.join(map(str, content))})"


def _stream(value: ReadStream) -> str:
    """One chunk at each pull; a failing one fails in place of its end."""
    chunks = ", ".join(map(_bytes, value.chunks))
    end = "stream.close()" if value.failure is None else f"stream.error(new Error({_text(value.failure)}))"
    return (
        f"((chunks) => new ReadableStream({{ pull(stream) "
        f"{{ if (chunks.length) stream.enqueue(chunks.shift()); else {end}; }} }}))([{chunks}])"
    )


_LEAVES: Final[list[tuple[Any, Callable[[Any], str]]]] = [
    (type(None), lambda value: "null"),
    (type(UNDEFINED), lambda value: "undefined"),
    (bool, lambda value: "true" if value else "false"),
    ((int, float), _number),
    (str, _text),
    (Symbol, lambda value: f"Symbol({_text(value.description)})"),
    (ArrayBuffer, lambda value: f"{_bytes(value)}.buffer"),
    ((bytes, bytearray, memoryview), _bytes),
    (array, lambda value: f"{_TYPED_ARRAYS[value.typecode]}.of({', '.join(map(str, value))})"),
    (datetime, lambda value: f"new Date({date_ms(value)})"),
    (ReadStream, _stream),
    (ReadableStream, lambda value: "new ReadableStream()"),
]
