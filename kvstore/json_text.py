"""JSON as JavaScript reads and writes it: numbers are doubles, integer-like members come first."""

import json
import math
from datetime import datetime
from typing import Any, Final

from kvstore.errors import KVTypeError
from kvstore.javascript import (
    MAX_SAFE_INTEGER,
    UNDEFINED,
    ArrayBuffer,
    JsMap,
    Symbol,
    Undefined,
    date_json,
    is_bigint,
    normalise_surrogates,
    number_text,
    to_string,
    typed_elements,
)
from kvstore.json_fault import json_fault

MAX_ARRAY_INDEX: Final = 2**32 - 2


def is_array_index(name: str) -> bool:
    """Whether a member name is one that JavaScript keeps as an integer: ``"0"`` … ``"4294967294"``."""
    return name.isascii() and name.isdigit() and str(int(name[:11])) == name and int(name) <= MAX_ARRAY_INDEX


def in_member_order(members: dict[str, Any]) -> dict[str, Any]:
    """``members`` in the order in which JavaScript enumerates them."""
    if not any(name[:1].isdigit() and is_array_index(name) for name in members):
        return members
    indices = sorted((name for name in members if is_array_index(name)), key=int)
    rest = (name for name in members if not is_array_index(name))
    return {name: members[name] for name in (*indices, *rest)}


def parse(text: str) -> Any:
    """``JSON.parse(text)``.

    Raises KVSyntaxError with V8's message. Integers beyond 2**53 lose precision, as they do there.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise json_fault(text) from None


def _whole_number(digits: str) -> int | float:
    if len(digits) > 17:
        return float(digits)
    value = int(digits)
    return value if abs(value) <= MAX_SAFE_INTEGER else float(value)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return in_member_order(dict(pairs))


_DECODER: Final = json.JSONDecoder(
    parse_int=_whole_number, parse_constant=_refuse, object_pairs_hook=_members
)


def stringify(value: Any, indent: str = "") -> str | Undefined:
    """``JSON.stringify(value, null, indent)``; UNDEFINED for undefined, a function and a Symbol.

    Raises KVTypeError for a BigInt and for a structure that contains itself.
    """
    return _Writer(indent).write(value)


class _Writer:
    """Writes one value; remembers the objects that it is inside of, and how it came there."""

    def __init__(self, indent: str) -> None:
        self._indent = indent
        self._path: list[tuple[str, Any]] = []

    def write(self, value: Any, step: str = "") -> str | Undefined:
        if isinstance(value, str):
            return quote(value)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return _number(value)
        return self._object(value, step)

    def _object(self, value: Any, step: str) -> str | Undefined:
        if isinstance(value, Undefined | Symbol):
            return UNDEFINED
        if isinstance(value, datetime):
            return quote(date_json(value))
        if isinstance(value, JsMap | set | frozenset | ArrayBuffer):
            return "{}"
        start = next((at for at, (_, outer) in enumerate(self._path) if outer is value), None)
        if start is not None:
            raise KVTypeError(_circle(self._path[start:], step))
        self._path.append((step, value))
        try:
            return self._members(value)
        finally:
            self._path.pop()

    def _members(self, value: Any) -> str | Undefined:
        if isinstance(value, dict):
            own = value.get("toJSON")
            return self.write(own("")) if callable(own) else self._dict(value)
        if isinstance(value, list | tuple):
            return self._joined("[", [self._item(index, item) for index, item in enumerate(value)], "]")
        elements = typed_elements(value)
        if elements is not None:
            return self._dict({str(index): element for index, element in enumerate(elements)})
        return UNDEFINED if callable(value) else "{}"

    def _item(self, index: int, item: Any) -> str:
        text = self.write(item, f"index {index}")
        return text if isinstance(text, str) else "null"

    def _dict(self, members: dict[Any, Any]) -> str:
        named = in_member_order({to_string(name): member for name, member in members.items()})
        texts = ((name, self.write(member, f"property '{name}'")) for name, member in named.items())
        colon = ": " if self._indent else ":"
        parts = [f"{quote(name)}{colon}{text}" for name, text in texts if isinstance(text, str)]
        return self._joined("{", parts, "}")

    def _joined(self, start: str, parts: list[str], end: str) -> str:
        if not self._indent or not parts:
            return start + ",".join(parts) + end
        inner = "\n" + self._indent * len(self._path)
        return start + inner + f",{inner}".join(parts) + inner[: -len(self._indent)] + end


def _circle(path: list[tuple[str, Any]], closing: str) -> str:
    """V8's description of a structure that contains itself; long ones lose their middle."""

    def kind(value: Any) -> str:
        return f"object with constructor '{'Array' if isinstance(value, list | tuple) else 'Object'}'"

    between = [f"    |     {step} -> {kind(value)}" for step, value in path[1:]]
    if len(between) > 3:
        between = [*between[:2], "    |     ...", between[-1]]
    start = f"    --> starting at {kind(path[0][1])}"
    return "\n".join(
        ["Converting circular structure to JSON", start, *between, f"    --- {closing} closes the circle"]
    )


def _number(value: int | float) -> str:
    if is_bigint(value):
        raise KVTypeError("Do not know how to serialize a BigInt")
    if isinstance(value, int):
        return str(value)
    return number_text(value) if math.isfinite(value) else "null"


def quote(text: str) -> str:
    """A string as JSON: only what must be escaped is, lone surrogates among it."""
    quoted = json.dumps(normalise_surrogates(text), ensure_ascii=False)
    if quoted.isascii():
        return quoted
    return "".join(
        f"\\u{ord(character):04x}" if "\ud800" <= character <= "\udfff" else character for character in quoted
    )
