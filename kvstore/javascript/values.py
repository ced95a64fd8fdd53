"""JavaScript's values and conversions, as far as the KV binding depends on them.

How a JavaScript value is written in Python, everywhere in this project:

    undefined                  UNDEFINED              array        list (a tuple counts as one)
    null                       None                   plain object dict with string keys
    boolean                    bool                   Map          JsMap
    number                     int (|n| < 2**53), float           Set    set, frozenset
    BigInt                     int beyond, BigInt     Date         datetime
    string                     str                    ArrayBuffer  ArrayBuffer
    typed array, DataView      bytes, bytearray, memoryview, array.array
    function                   any other callable     ReadableStream   ReadableStream
    Symbol                     Symbol                 other objects    anything else
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, final

from kvstore.clock import iso
from kvstore.errors import KVRangeError, KVTypeError

MAX_SAFE_INTEGER: Final = 2**53 - 1
INT32_MIN: Final = -(2**31)
INT32_MAX: Final = 2**31 - 1
# How deep arrays may be nested before V8's stack ends; measured between 5000 and 8000 for JSON.stringify.
DEEPEST: Final = 5000
STACK_ENDED: Final = "Maximum call stack size exceeded"
# What JavaScript trims; Python's own idea of space has \x1c to \x1f and \x85 too, and not the last one.
_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@final
class Undefined:
    """JavaScript's ``undefined``; there is one, UNDEFINED."""

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()


@final
class Symbol:
    """JavaScript's Symbol: it converts to nothing."""

    def __init__(self, description: str = "") -> None:
        self.description = description


class ArrayBuffer(bytes):
    """JavaScript's ArrayBuffer: bytes that, unlike a typed array's, have no elements of their own."""


class BigInt(int):
    """JavaScript's BigInt of any size; a plain int counts as one only beyond the safe integers."""


class JsMap(dict[Any, Any]):
    """JavaScript's Map: entries in insertion order, which JSON does not show."""


def is_bigint(value: object) -> bool:
    """Whether a Python int crosses into JavaScript as BigInt."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return isinstance(value, BigInt) or abs(value) > MAX_SAFE_INTEGER


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not is_bigint(value)


def to_string(value: Any) -> str:
    """``String(value)``.

    Raises KVTypeError for a Symbol, KVRangeError for arrays nested too deep.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Python refuses to write more than 4300 digits of an int, but not of a Decimal.
        return str(value) if value.bit_length() < 10_000 else format(Decimal(value), "f")
    if isinstance(value, float):
        return number_text(value)
    return _object_text(value)


def _object_text(value: Any) -> str:
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, Symbol):
        raise KVTypeError("Cannot convert a Symbol value to a string")
    if isinstance(value, ArrayBuffer):
        return "[object ArrayBuffer]"
    if isinstance(value, JsMap):
        return "[object Map]"
    if isinstance(value, set | frozenset):
        return "[object Set]"
    if isinstance(value, list | tuple):
        return _array_text(value)
    elements = typed_elements(value)
    if elements is not None:
        return ",".join(to_string(element) for element in elements)
    if isinstance(value, datetime):
        return date_text(value)
    own = getattr(value, "js_string", None)
    return own() if callable(own) else "[object Object]"


def _array_text(array: Sequence[Any]) -> str:
    """``String(array)``: nested arrays run into one, and one that is inside of itself is empty there."""
    parts: list[str] = []
    inside = {id(array): iter(array)}
    while inside:
        key, items = next(reversed(inside.items()))
        item = next(items, inside)
        if item is inside:
            del inside[key]
        elif not isinstance(item, list | tuple):
            parts += ["" if item is None or item is UNDEFINED else to_string(item), ","]
        elif id(item) in inside or not item:
            parts.append(",")
        elif len(inside) >= DEEPEST:
            raise KVRangeError(STACK_ENDED)
        else:
            inside[id(item)] = iter(item)
    return "".join(parts)[:-1]


def number_text(value: float) -> str:
    """``String(number)`` for a float: ``1e+21``, ``0.000001``, ``1e-7``, ``NaN``, ``-0`` as ``0``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, exponent = _shortest_digits(abs(value))
    count = len(digits)
    if 0 < exponent <= 21:
        body = (
            digits + "0" * (exponent - count)
            if count <= exponent
            else digits[:exponent] + "." + digits[exponent:]
        )
    elif -6 < exponent <= 0:
        body = "0." + "0" * -exponent + digits
    else:
        power = exponent - 1
        head = digits[0] + ("." + digits[1:] if count > 1 else "")
        body = f"{head}e{'+' if power >= 0 else '-'}{abs(power)}"
    return sign + body


def _shortest_digits(value: float) -> tuple[str, int]:
    """The shortest digits that read back as ``value``, and n so that value = 0.digits × 10**n."""
    text = repr(value)
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len((whole + fraction).lstrip("0"))
    exponent = len(whole) - leading + int(power or 0)
    return digits.rstrip("0") or "0", exponent


def date_text(value: datetime) -> str:
    """``String(date)`` in UTC."""
    moment = value.astimezone(UTC)
    return f"{moment:%a %b %d} {moment.year:04d} {moment:%H:%M:%S} GMT+0000 (Coordinated Universal Time)"


def date_json(value: datetime) -> str:
    """What a Date becomes in JSON: ISO 8601 in UTC with milliseconds."""
    return iso(date_ms(value))


def date_ms(value: datetime) -> int:
    """A Date's number: whole milliseconds since the epoch, cut towards it."""
    since = value.astimezone(UTC) - _EPOCH
    whole = abs(since) // timedelta(milliseconds=1)
    return whole if since >= timedelta() else -whole


def typed_elements(value: Any) -> list[int | float] | None:
    """The elements of a typed array, or None for anything else."""
    if isinstance(value, ArrayBuffer):
        return None
    if isinstance(value, bytes | bytearray):
        return list(value)
    if isinstance(value, memoryview):
        return list(value.tolist())
    if type(value).__module__ == "array":
        return list(value)
    return None


def byte_view(value: Any) -> bytes | None:
    """The bytes of an ArrayBuffer or of a view of one, or None for anything else."""
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, memoryview) or type(value).__module__ == "array":
        return memoryview(value).tobytes()
    return None


def to_number(value: Any) -> float:
    """``Number(value)``; NaN for what is not a number.

    Raises KVTypeError for a BigInt and for a Symbol, as implicit conversion does.
    """
    if is_bigint(value):
        raise KVTypeError("Cannot convert a BigInt value to a number")
    if isinstance(value, Symbol):
        raise KVTypeError("Cannot convert a Symbol value to a number")
    if isinstance(value, bool | int | float):
        return float(value)
    if value is None:
        return 0.0
    if isinstance(value, Undefined):
        return math.nan
    if isinstance(value, datetime):
        return float(date_ms(value))
    return _text_number(to_string(value))


def _text_number(text: str) -> float:
    text = trimmed(text)
    if not text:
        return 0.0
    if text in ("Infinity", "+Infinity", "-Infinity"):
        return float(text)
    base = {"0x": 16, "0o": 8, "0b": 2}.get(text[:2].lower())
    try:
        return _whole(text[2:], base) if base else _decimal(text)
    except ValueError:
        return math.nan


def _whole(digits: str, base: int) -> float:
    """A literal with a base; what Python's int takes beyond JavaScript's grammar is NaN."""
    if not digits.isascii() or not digits.isalnum():
        return math.nan
    try:
        return float(int(digits, base))
    except OverflowError:
        return math.inf


def _decimal(text: str) -> float:
    """A decimal literal; what Python's float takes beyond JavaScript's grammar is NaN."""
    beyond = not text.isascii() or any(sign in text for sign in "_ \t\n\v\f\r\x1c\x1d\x1e\x1f")
    beyond = beyond or text.lower().lstrip("+-")[:1] in ("i", "n")
    return math.nan if beyond else float(text)


def to_int32(value: Any) -> int:
    """A 32-bit integer option as workerd reads it: truncated, and 0 for what is not a number.

    Raises KVTypeError outside -2**31 … 2**31-1, and for a BigInt.
    """
    if type(value) is int and INT32_MIN <= value <= INT32_MAX:
        return value
    number = to_number(value)
    if math.isnan(number) or math.isinf(number):
        return 0
    # The range is that of the number as given: half a second beyond it is beyond it.
    if not INT32_MIN <= number <= INT32_MAX:
        raise KVTypeError(f"Value out of range. Must be between {INT32_MIN} and {INT32_MAX} (inclusive).")
    return math.trunc(number)


def trimmed(text: str) -> str:
    """``text.trim()``."""
    return text.strip(_SPACE)


def has_lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def normalise_surrogates(text: str) -> str:
    """Join surrogate pairs into the character they mean; lone ones stay."""
    if not has_lone_surrogate(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def utf8(text: str) -> bytes:
    """``text`` as workerd writes it: a lone surrogate as its three bytes (WTF-8), as measured."""
    return text.encode() if text.isascii() else normalise_surrogates(text).encode("utf-8", "surrogatepass")


def utf16_length(text: str) -> int:
    """``text.length``: UTF-16 units."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for character in text if character > "\uffff")


def utf16_units(text: str) -> str:
    """``text`` with every character beyond U+FFFF as its two surrogates, so that indices are JavaScript's."""
    if all(character <= "\uffff" for character in text):
        return text
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(int.from_bytes(units[at : at + 2], "big")) for at in range(0, len(units), 2))
