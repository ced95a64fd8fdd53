"""JSON as Go reads and writes it: strict about a field's type, relaxed about its name's case."""

import json
import math
import re
from typing import Any

from kvstore.javascript.values import number_text
from worker.codeq.errors import DocumentError

_WHOLE = re.compile(r"-?\d+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_INT64 = range(-(2**63), 2**63)
_LONGEST = 20  # characters of such a number


class Struct(dict[str, Any]):
    """An object whose members keep their order, as a Go struct's fields do; a map's are sorted."""


class Number(float):
    """A number that remembers how it was written: ``1.0`` is not an integer to Go."""

    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        if math.isinf(number):
            raise DocumentError(f"cannot unmarshal number {text}")
        number.text = text
        return number


def decode(text: str | bytes) -> Any:
    """The first JSON value in ``text``; what follows it is not looked at. Raises DocumentError."""
    source = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        value, _ = _DECODER.raw_decode(source.lstrip(" \t\r\n"))
    except (ValueError, RecursionError) as error:
        raise DocumentError(str(error)) from error
    return value


def decode_whole(text: str) -> Any:
    """The JSON value that ``text`` is, with nothing after it. Raises DocumentError."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(str(error)) from error


def _refuse(word: str) -> Any:
    raise DocumentError(f"invalid character in {word}")


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)


def encode(value: Any) -> str:
    """Compact JSON: maps sorted by key, ``<``, ``>`` and ``&`` escaped, numbers as doubles.

    Raises DocumentError for a value that is nested too deeply (some hundreds of levels; Go takes 10,000).
    """
    try:
        return _written(value)
    except RecursionError as error:
        raise DocumentError("exceeded max depth") from error


def _written(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int():
            return str(value)
        case float():
            return "-0" if value == 0 and math.copysign(1, value) < 0 else number_text(value)
        case dict():
            members = value.items() if isinstance(value, Struct) else sorted(value.items())
            return "{" + ",".join(f"{_quoted(name)}:{_written(item)}" for name, item in members) + "}"
        case _:
            return "[" + ",".join(_written(item) for item in value) + "]"


def _quoted(text: str) -> str:
    quoted = json.dumps(_SURROGATE.sub("\ufffd", text), ensure_ascii=False)
    for character, escape in _ESCAPED.items():
        quoted = quoted.replace(character, escape)
    return quoted


class Fields:
    """The members of a JSON object, read as the fields of a struct.

    An absent field or a null is the type's zero value. Every method raises DocumentError for a value of
    another type. Names match without regard to case, as in Go; of two that match, the last one counts.
    """

    def __init__(self, value: Any) -> None:
        if value is not None and not isinstance(value, dict):
            raise DocumentError(f"cannot unmarshal {type(value).__name__} into a struct")
        self._members = {name.lower(): item for name, item in (value or {}).items()}

    def value(self, name: str) -> Any:
        return self._members.get(name.lower())

    def string(self, name: str) -> str:
        value = self.value(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise DocumentError(f"{name}: cannot unmarshal into a string")
        # Half a character cannot be sent to Redis.
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)

    def integer(self, name: str) -> int:
        value = self.value(name)
        if value is None:
            return 0
        if not isinstance(value, Number) or not _WHOLE.fullmatch(value.text):
            raise DocumentError(f"{name}: cannot unmarshal into an int")
        if len(value.text) > _LONGEST or int(value.text) not in _INT64:
            raise DocumentError(f"{name}: {value.text[:_LONGEST]} does not fit an int")
        return int(value.text)

    def items(self, name: str) -> list[Any]:
        value = self.value(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise DocumentError(f"{name}: cannot unmarshal into a list")
        return value

    def strings(self, name: str) -> list[str]:
        return [Fields({"item": item}).string("item") for item in self.items(name)]

    def members(self, name: str) -> dict[str, Any] | None:
        value = self.value(name)
        if value is not None and not isinstance(value, dict):
            raise DocumentError(f"{name}: cannot unmarshal into a map")
        return value
