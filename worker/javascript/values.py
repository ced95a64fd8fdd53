"""JavaScript values as JSON, for calls between Workers in workerd and Workers in Python.

Text, booleans, null and finite numbers are themselves. Everything else is an array:

    ["undefined"]            ["number", "NaN"]                ["bigint", digits]
    ["array", [value]]       ["object", [[name, value]]]      ["map", [[key, value]]]     ["set", [value]]
    ["date", milliseconds]   ["error", name, message]         ["buffer", Base64]
    ["view", class, Base64]  ["same", number of an object, in the order in which they begin]

values.mjs is the other side. What a value is in Python, kvstore.javascript.values says.
"""

import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import (
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
from worker.sdk.ffi.date import at
from worker.sdk.ffi.errors import JsException, type_error

_FORMATS: Final = {
    "b": "Int8Array",
    "B": "Uint8Array",
    "h": "Int16Array",
    "H": "Uint16Array",
    "i": "Int32Array",
    "I": "Uint32Array",
    "f": "Float32Array",
    "d": "Float64Array",
    "q": "BigInt64Array",
    "Q": "BigUint64Array",
}
_REFUSED: Final = "{} cannot be sent between Workers in JavaScript and Python here."
_VIEWS: Final = {name: code for code, name in _FORMATS.items()}


def encode(value: Any) -> Any:
    """Raises JsException (TypeError) for what is more than data."""
    return _encoded(value, {})


def decode(coded: Any) -> Any:
    """Raises JsException (TypeError) for what Python cannot hash: objects in a Set, or as keys of a Map."""
    try:
        return _decoded(coded, [])
    except TypeError as error:
        what = "A Set of objects, or a Map with objects for keys,"
        raise type_error(_REFUSED.format(what)) from error


def _encoded(value: Any, seen: dict[int, tuple[int, Any]]) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Undefined):
        return ["undefined"]
    if is_bigint(value):
        return ["bigint", to_string(value)]
    if isinstance(value, int | float):
        is_json = math.isfinite(value) and not (value == 0 and math.copysign(1, value) < 0)
        return value if is_json else ["number", "-0" if value == 0 else to_string(value)]
    if id(value) in seen:
        return ["same", seen[id(value)][0]]
    seen[id(value)] = (len(seen), value)
    return _object(value, lambda one: _encoded(one, seen))


def _object(value: Any, inner: Callable[[Any], Any]) -> list[Any]:
    if isinstance(value, list | tuple):
        return ["array", [*map(inner, value)]]
    if isinstance(value, JsMap):
        return ["map", [[inner(key), inner(one)] for key, one in value.items()]]
    if isinstance(value, dict):
        return ["object", [[name, inner(one)] for name, one in in_member_order(value).items()]]
    if isinstance(value, set | frozenset):
        return ["set", [*map(inner, value)]]
    if isinstance(value, datetime):
        return ["date", date_ms(value)]
    if isinstance(value, JsException):
        return ["error", value.name, value.message]
    data = byte_view(value)
    if data is not None:
        text = b64encode(data).decode()
        if isinstance(value, ArrayBuffer):
            return ["buffer", text]
        return ["view", _FORMATS.get(memoryview(value).format, "Uint8Array"), text]
    what = f"An object of class {value.js_name}" if hasattr(value, "js_name") else "A function"
    raise type_error(_REFUSED.format(what))


def _decoded(coded: Any, seen: list[Any]) -> Any:
    match coded:
        case ["undefined"]:
            return UNDEFINED
        case ["number", text]:
            return float(text.replace("Infinity", "inf"))
        case ["bigint", digits]:
            return BigInt(digits)
        case ["same", number]:
            return seen[number]
        case ["array", items]:
            array = _known([], seen)
            array.extend(_decoded(one, seen) for one in items)
            return array
        case ["object", members]:
            found = _known({}, seen)
            found.update((name, _decoded(one, seen)) for name, one in members)
            return found
        case ["map", pairs]:
            entries = _known(JsMap(), seen)
            for key, one in pairs:
                entries[_decoded(key, seen)] = _decoded(one, seen)
            return entries
        case ["set", items]:
            distinct: set[Any] = _known(set(), seen)
            distinct.update(_decoded(one, seen) for one in items)
            return distinct
        case list():
            return _known(_datum(coded), seen)
    return coded


def _datum(coded: list[Any]) -> Any:
    """Of an object that holds no others."""
    match coded:
        case ["date", moment]:
            return at(math.nan if moment is None else moment)
        case ["error", name, message]:
            return JsException(name, message)
        case ["buffer", text]:
            return ArrayBuffer(b64decode(text))
        case ["view", name, text]:
            data, code = b64decode(text), _VIEWS.get(name, "B")
            whole: Any = memoryview(data)
            return data if code == "B" else whole.cast(code)
    raise ValueError(f"not a kind of value: {coded[0]}")


def _known(value: Any, seen: list[Any]) -> Any:
    seen.append(value)
    return value
