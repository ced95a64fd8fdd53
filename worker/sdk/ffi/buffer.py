"""The JavaScript classes ArrayBuffer and Uint8Array; other typed arrays share one class here."""

from array import array
from typing import Any

from kvstore.javascript.values import UNDEFINED, ArrayBuffer, Undefined, byte_view, to_number
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, view_of


class ArrayBufferView(JsObject):
    """The properties of an ArrayBuffer, which the value model writes as kvstore's class of that name."""

    js_name = "ArrayBuffer"

    def __init__(self, content: bytes) -> None:
        self._content = content

    @classmethod
    def js_construct(cls, *arguments: Any) -> ArrayBuffer:
        return ArrayBuffer(int(to_number(arguments[0])) if arguments else 0)

    @property
    def byteLength(self) -> int:
        return len(self._content)

    def slice(self, start: Any = UNDEFINED, end: Any = UNDEFINED) -> ArrayBuffer:
        return ArrayBuffer(self._content[_position(start) : _position(end)])


class TypedArray(JsObject):
    js_name = "TypedArray"

    def __init__(self, content: Any) -> None:
        self._view = memoryview(content)

    @property
    def length(self) -> int:
        return len(self._view)

    @property
    def byteLength(self) -> int:
        return self._view.nbytes

    @property
    def byteOffset(self) -> int:
        return 0

    @property
    def buffer(self) -> ArrayBuffer:
        return ArrayBuffer(self._view.tobytes())

    def slice(self, start: Any = UNDEFINED, end: Any = UNDEFINED) -> Any:
        return self._view[_position(start) : _position(end)].tobytes()

    def subarray(self, start: Any = UNDEFINED, end: Any = UNDEFINED) -> Any:
        return self._view[_position(start) : _position(end)]

    def js_string(self) -> str:
        return ",".join(str(element) for element in self._view.tolist())


class Uint8Array(TypedArray):
    js_name = "Uint8Array"

    @classmethod
    def js_construct(cls, *arguments: Any) -> bytearray:
        given = arguments[0] if arguments else 0
        content = byte_view(given)
        if content is not None:
            return bytearray(content)
        if isinstance(given, int | float):
            return bytearray(int(given))
        return bytearray(int(to_number(item)) % 256 for item in iterate(given))


@view_of.register
def _(target: memoryview) -> TypedArray:
    return TypedArray(target) if target.format != "B" else Uint8Array(target)


@view_of.register
def _(target: array) -> TypedArray:  # type: ignore[type-arg]
    return view_of(memoryview(target))  # type: ignore[return-value]


view_of.register(ArrayBuffer, ArrayBufferView)
for _type in (bytes, bytearray):
    view_of.register(_type, Uint8Array)


def _position(index: Any) -> int | None:
    return None if isinstance(index, Undefined) else int(to_number(index))
