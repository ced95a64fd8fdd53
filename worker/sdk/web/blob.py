"""Blob and File: bytes with a type, and with a name."""

import re
from operator import attrgetter
from typing import Any, Final

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, Undefined, byte_view, to_number, to_string, utf8
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, option
from worker.sdk.surroundings import current_platform

_PRINTABLE: Final = re.compile(r"[ -~]*")


class Blob(JsObject):
    """``new Blob(parts, {type})``: the concatenation of strings (as UTF-8), buffers and blobs."""

    def __init__(self, parts: Any = UNDEFINED, options: Any = UNDEFINED) -> None:
        self.js_content = (
            b"" if isinstance(parts, Undefined) else b"".join(_part(part) for part in iterate(parts))
        )
        self._type = _type_text(option(options, "type"))

    @property
    def size(self) -> int:
        return len(self.js_content)

    type = property(attrgetter("_type"))

    async def text(self) -> str:
        return self.js_content.decode("utf-8", "replace")

    async def arrayBuffer(self) -> ArrayBuffer:
        return ArrayBuffer(self.js_content)

    async def bytes(self) -> bytearray:
        return bytearray(self.js_content)

    def stream(self) -> ReadableStream:
        return ReadableStream([self.js_content] if self.js_content else [])

    def slice(self, start: Any = UNDEFINED, end: Any = UNDEFINED, type: Any = UNDEFINED) -> "Blob":
        content = self.js_content[_position(start) : _position(end)]
        return Blob([content], {"type": type})


class File(Blob):
    """``new File(parts, name, {type, lastModified})``; lastModified is in milliseconds, now by default."""

    def __init__(self, parts: Any, name: Any, options: Any = UNDEFINED) -> None:
        super().__init__(parts, options)
        self._name = to_string(name)
        modified = option(options, "lastModified")
        unknown = isinstance(modified, Undefined)
        self._modified = current_platform().clock.now_ms() if unknown else int(to_number(modified))

    name = property(attrgetter("_name"))
    lastModified = property(attrgetter("_modified"))


def _part(part: Any) -> bytes:
    if isinstance(part, Blob):
        return part.js_content
    content = byte_view(part)
    return utf8(to_string(part)) if content is None else content


def _type_text(given: Any) -> str:
    """A type as it is kept: lower case, or nothing if it holds more than printable ASCII."""
    text = "" if isinstance(given, Undefined) else to_string(given)
    return text.lower() if _PRINTABLE.fullmatch(text) else ""


def _position(index: Any) -> int | None:
    return None if isinstance(index, Undefined) else int(to_number(index))
