"""The JavaScript classes ArrayBuffer and Uint8Array; and the typed arrays."""

from array import array
from typing import Any, Final

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
    @classmethod
    def js_construct(cls, *arguments: Any) -> bytearray:
        given = arguments[0] if arguments else 0
        content = byte_view(given)
        if content is not None:
            return bytearray(content)
        if isinstance(given, int | float):
            return bytearray(int(given))
        return bytearray(int(to_number(item)) % 256 for item in iterate(given))


def _numbered(name: str, code: str) -> type[TypedArray]:
    """A typed array whose elements are those of ``array.array`` with the type ``code``."""

    class Numbers(TypedArray):
        js_name = name

        @classmethod
        def js_construct(cls, *arguments: Any) -> Any:
            given = arguments[0] if arguments else 0
            content = byte_view(given) if isinstance(given, ArrayBuffer) else None
            if content is not None:
                return array(code, content)
            if isinstance(given, int | float):
                return array(code, bytes(int(given) * array(code).itemsize))
            whole = code not in "fd"
            return array(code, [int(to_number(one)) if whole else to_number(one) for one in iterate(given)])

    return Numbers


_NUMBERED: Final = {
    code: _numbered(name, code)
    for name, code in (
        *(("Int8Array", "b"), ("Int16Array", "h"), ("Uint16Array", "H"), ("Int32Array", "i")),
        *(("Uint32Array", "I"), ("Float32Array", "f"), ("Float64Array", "d")),
        *(("BigInt64Array", "q"), ("BigUint64Array", "Q")),
    )
}
TYPED_ARRAYS: Final[tuple[type[TypedArray], ...]] = (Uint8Array, *_NUMBERED.values())


@view_of.register
def _(target: memoryview) -> TypedArray:
    return Uint8Array(target) if target.format == "B" else _NUMBERED.get(target.format, TypedArray)(target)


@view_of.register
def _(target: array) -> TypedArray:  # type: ignore[type-arg]
    return view_of(memoryview(target))  # type: ignore[return-value]


view_of.register(ArrayBuffer, ArrayBufferView)
for _type in (bytes, bytearray):
    view_of.register(_type, Uint8Array)


def _position(index: Any) -> int | None:
    return None if isinstance(index, Undefined) else int(to_number(index))
