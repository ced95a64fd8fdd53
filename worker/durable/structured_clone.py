"""Values as bytes, the way V8 serialises them: what a Durable Object's storage keeps of a value.

The format is that of ``ValueSerializer`` in V8, version 15, as workerd writes it into a database (measured).
Written and read are undefined, null, booleans, numbers, BigInt, strings, dates, plain objects, arrays, Map,
Set, errors, ArrayBuffer and typed arrays; a value that appears twice is one value again.
"""

import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import (
    INT32_MAX,
    INT32_MIN,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    JsMap,
    Undefined,
    byte_view,
    date_ms,
    is_bigint,
    to_string,
)
from worker.sdk.ffi.errors import JsException

VERSION: Final = 15
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_INDEX: Final = 2**32 - 2
# Which view it is, by the format of its elements in Python.
_VIEWS: Final = {
    "b": b"b",
    "B": b"B",
    "h": b"w",
    "H": b"W",
    "i": b"d",
    "I": b"D",
    "f": b"f",
    "d": b"F",
    "q": b"q",
    "Q": b"Q",
}
_FORMATS: Final = {mark[0]: code for code, mark in _VIEWS.items()}
_ERRORS: Final = {
    "EvalError": b"E",
    "RangeError": b"R",
    "ReferenceError": b"F",
    "SyntaxError": b"S",
    "TypeError": b"T",
    "URIError": b"U",
}
_ERROR_NAMES: Final = {mark.decode(): name for name, mark in _ERRORS.items()}


def serialize(value: Any) -> bytes:
    """Raises JsException (DataCloneError) for functions and for objects that are more than data."""
    writer = _Writer()
    writer.write(value)
    return bytes(writer.out)


def deserialize(data: bytes) -> Any:
    """Raises JsException (DataCloneError) for what is not a serialised value, or holds an unknown type."""
    try:
        return _Reader(data).value()
    except (IndexError, KeyError, struct.error, UnicodeDecodeError) as error:
        raise _clone_error("Unable to deserialize cloned data.") from error


def clone(value: Any) -> Any:
    """``structuredClone(value)``."""
    try:
        return _copied(value, set())
    except _NoTreeError:
        return deserialize(serialize(value))


class _NoTreeError(Exception):
    """A value is not what `_copied` copies."""


def _copied(value: Any, seen: set[int]) -> Any:
    """What becomes of text, whole numbers, arrays and plain objects, of which nothing appears twice.

    Nearly everything is that, and needs no bytes on its way. Raises _NoTreeError for what is more.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None or (kind is int and abs(value) < 2**53):
        return value
    if id(value) in seen or not (kind is list or (kind is dict and {*map(type, value)} <= {str})):
        raise _NoTreeError
    seen.add(id(value))
    if kind is list:
        return [_copied(item, seen) for item in value]
    return in_member_order({name: _copied(member, seen) for name, member in value.items()})


def _clone_error(message: str) -> JsException:
    return JsException("DataCloneError", message)


class _Writer:
    def __init__(self) -> None:
        self.out = bytearray((0xFF, VERSION))
        # id() → (number, the object itself, so that no other can get its id)
        self._seen: dict[int, tuple[int, Any]] = {}

    def write(self, value: Any) -> None:
        constants = {None: b"0", True: b"T", False: b"F"}
        if value is None or isinstance(value, bool):
            self.out += constants[value]
        elif isinstance(value, Undefined):
            self.out += b"_"
        elif isinstance(value, str):
            self._text(value)
        elif isinstance(value, int | float):
            self._number(value)
        elif not self._is_repeated(value):
            self._object(value)

    def _varint(self, number: int) -> None:
        while number > 0x7F:
            self.out.append(number & 0x7F | 0x80)
            number >>= 7
        self.out.append(number)

    def _text(self, text: str) -> None:
        try:
            narrow = text.encode("latin-1")
        except UnicodeEncodeError:
            wide = text.encode("utf-16-le", "surrogatepass")
            # The units stand at an even place.
            if (len(self.out) + 1 + _varint_size(len(wide))) % 2:
                self.out.append(0)
            self.out += b"c"
            self._varint(len(wide))
            self.out += wide
            return
        self.out += b'"'
        self._varint(len(narrow))
        self.out += narrow

    def _number(self, number: int | float) -> None:
        if is_bigint(number):
            self._bigint(int(number))
        elif isinstance(number, int) and INT32_MIN // 2 <= number <= INT32_MAX // 2:
            self.out += b"I"
            self._varint(number << 1 if number >= 0 else (-number << 1) - 1)
        else:
            self.out += b"N" + struct.pack("<d", number)

    def _bigint(self, number: int) -> None:
        size = -(-abs(number).bit_length() // 64) * 8
        self.out += b"Z"
        self._varint(size << 1 | (number < 0))
        self.out += abs(number).to_bytes(size, "little")

    def _is_repeated(self, value: Any) -> bool:
        """Write a reference if the object was written before; else it has a number from now on."""
        if id(value) in self._seen:
            self.out += b"^"
            self._varint(self._seen[id(value)][0])
            return True
        self._seen[id(value)] = (len(self._seen), value)
        return False

    def _object(self, value: Any) -> None:
        if isinstance(value, JsMap):
            self._parts(b";", [part for pair in value.items() for part in pair], b":")
        elif isinstance(value, dict):
            self._plain(value)
        elif isinstance(value, list | tuple):
            self._array(value)
        elif isinstance(value, set | frozenset):
            self._parts(b"'", list(value), b",")
        elif isinstance(value, datetime):
            self.out += b"D" + struct.pack("<d", date_ms(value))
        elif (data := byte_view(value)) is not None:
            self._bytes(data, None if isinstance(value, ArrayBuffer) else memoryview(value).format)
        elif isinstance(value, JsException):
            self._error(value)
        else:
            named = f"function {value.__name__}" if hasattr(value, "__name__") else to_string(value)
            raise _clone_error(f"{named} could not be cloned.")

    def _parts(self, mark: bytes, parts: list[Any], end: bytes) -> None:
        self.out += mark
        for part in parts:
            self.write(part)
        self.out += end
        self._varint(len(parts))

    def _plain(self, members: dict[str, Any]) -> None:
        self.out += b"o"
        for name, value in in_member_order(members).items():
            self.write(_key(name))
            self.write(value)
        self.out += b"{"
        self._varint(len(members))

    def _array(self, items: list[Any] | tuple[Any, ...]) -> None:
        self.out += b"A"
        self._varint(len(items))
        for item in items:
            self.write(item)
        self.out += b"$"
        self._varint(0)
        self._varint(len(items))

    def _bytes(self, data: bytes, view: str | None) -> None:
        if view is not None:
            # The view was given its number; its buffer, which is written first, takes the next one.
            self._seen[id(data)] = (len(self._seen), data)
        self.out += b"B"
        self._varint(len(data))
        self.out += data
        if view is not None:
            self.out += b"V" + _VIEWS.get(view, b"B")
            for number in (0, len(data), 0):  # offset, length, flags
                self._varint(number)

    def _error(self, error: JsException) -> None:
        self.out += b"r" + _ERRORS.get(error.name, b"")
        for mark, text in ((b"m", error.message), (b"s", error.stack)):
            self.out += mark
            self._text(text)
        self.out += b"."


def _key(name: str) -> Any:
    """A member's name: one that is an array index is written as the number."""
    is_index = name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")
    return int(name) if is_index and int(name) <= _LAST_INDEX else name


def _varint_size(number: int) -> int:
    return max(1, -(-number.bit_length() // 7))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._seen: dict[int, Any] = {}
        if data[:1] == b"\xff":
            self._at = 1
            self._varint()

    def value(self) -> Any:
        mark = self._mark()
        if mark in _CONSTANTS:
            return _CONSTANTS[mark]
        return self._primitive(mark) if mark in '"cSINZU^' else self._object(mark)

    def _mark(self) -> str:
        mark = self._data[self._at]
        self._at += 1
        return self._mark() if mark == 0 else chr(mark)  # 0 is padding

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def _take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise IndexError(size)
        self._at += size
        return self._data[self._at - size : self._at]

    def _primitive(self, mark: str) -> Any:
        if mark == "N":
            return _number(struct.unpack("<d", self._take(8))[0])
        number = self._varint()
        match mark:
            case "I":
                return -(number + 1 >> 1) if number & 1 else number >> 1
            case "U":
                return number
            case "^":
                return self._seen[number]
            case "Z":
                size = int.from_bytes(self._take(number >> 1), "little")
                return BigInt(-size if number & 1 else size)
        encoding = {'"': "latin-1", "S": "utf-8", "c": "utf-16-le"}[mark]
        return self._take(number).decode(encoding, "surrogatepass")

    def _object(self, mark: str) -> Any:
        place = len(self._seen)
        self._seen[place] = None
        match mark:
            case "o":
                return self._plain(place)
            case "A" | "a":
                return self._array(place, dense=mark == "A")
            case ";":
                parts = self._parts(place, JsMap(), ":")
                self._seen[place].update(zip(parts[::2], parts[1::2], strict=True))
            case "'":
                items: set[Any] = set()
                items.update(self._parts(place, items, ","))
            case "D":
                moment = struct.unpack("<d", self._take(8))[0]
                self._seen[place] = _EPOCH + timedelta(milliseconds=moment)
            case "B":
                return self._bytes(place)
            case "r":
                self._seen[place] = self._error()
            case _:
                raise _clone_error(f"Unable to deserialize cloned data: type {mark!r} is not known here.")
        return self._seen[place]

    def _is_end(self, end: str) -> bool:
        at = self._at
        if self._mark() == end:
            return True
        self._at = at
        return False

    def _plain(self, place: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._seen[place] = members
        while not self._is_end("{"):
            name = self.value()
            members[to_string(name)] = self.value()
        self._varint()
        ordered = in_member_order(members)
        self._seen[place] = ordered
        return ordered

    def _array(self, place: int, *, dense: bool) -> list[Any]:
        items: list[Any] = []
        self._seen[place] = items
        length = self._varint()
        if dense:
            items.extend(self.value() for _ in range(length))
        else:
            items.extend([UNDEFINED] * length)
        while not self._is_end("$" if dense else "@"):
            name = self.value()
            items[int(name)] = self.value()
        self._varint()
        self._varint()
        return items

    def _parts(self, place: int, empty: Any, end: str) -> list[Any]:
        self._seen[place] = empty
        parts = []
        while not self._is_end(end):
            parts.append(self.value())
        self._varint()
        return parts

    def _bytes(self, place: int) -> Any:
        data = ArrayBuffer(self._take(self._varint()))
        self._seen[place] = data
        at = self._at
        if at >= len(self._data) or self._mark() != "V":
            self._at = at
            return data
        code = _FORMATS.get(ord(self._mark()), "B")
        offset, length, _flags = self._varint(), self._varint(), self._varint()
        found = bytes(data[offset : offset + length])
        whole: Any = memoryview(found)
        view = found if code == "B" else whole.cast(code)
        self._seen[len(self._seen)] = view
        return view

    def _error(self) -> JsException:
        name, message = "Error", ""
        while (mark := self._mark()) != ".":
            match mark:
                case "m":
                    message = self.value()
                case "s" | "c":  # its stack and its cause, which nothing here asks for
                    self.value()
                case _:
                    name = _ERROR_NAMES[mark]
        return JsException(name, message)


_CONSTANTS: Final = {"_": UNDEFINED, "0": None, "T": True, "F": False}


def _number(number: float) -> int | float:
    """A double as JavaScript's values are written here; minus zero stays a float."""
    whole = number.is_integer() and abs(number) < 2**53 and not (number == 0 and math.copysign(1, number) < 0)
    return int(number) if whole else number
