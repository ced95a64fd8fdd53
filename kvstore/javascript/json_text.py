"""JSON as JavaScript reads and writes it: numbers are doubles, integer-like members come first."""

import json
import math
from collections.abc import Generator, Sequence
from datetime import datetime
from json.scanner import make_scanner
from typing import Any, Final, TypeAlias

from kvstore.errors import KVRangeError, KVTypeError
from kvstore.javascript.json_scanner import scan
from kvstore.javascript.values import (
    DEEPEST,
    MAX_SAFE_INTEGER,
    STACK_ENDED,
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

MAX_ARRAY_INDEX: Final = 2**32 - 2

_PLAIN: Final = (str, int, float, dict, list, tuple, type(None))


def is_array_index(name: str) -> bool:
    """Whether a member name is one that JavaScript keeps as an integer: ``"0"`` … ``"4294967294"``."""
    return name.isascii() and name.isdigit() and str(int(name[:11])) == name and int(name) <= MAX_ARRAY_INDEX


def in_member_order(members: dict[str, Any]) -> dict[str, Any]:
    """``members`` in the order in which JavaScript enumerates them."""
    if not any(map(str.isdigit, members)) or not any(map(is_array_index, members)):
        return members
    indices = sorted((name for name in members if is_array_index(name)), key=int)
    rest = (name for name in members if not is_array_index(name))
    return {name: members[name] for name in (*indices, *rest)}


def parse(text: str) -> Any:
    """``JSON.parse(text)``.

    Raises KVSyntaxError with V8's message. Integers beyond 2**53 lose precision, as they do there.
    """
    try:
        value, end = _SCAN(text, 0)
        if end == len(text):
            return value
        return _DECODER.decode(text)  # with white space around it, or no JSON
    except (ValueError, RecursionError, StopIteration):
        pass
    return scan(text, _DECODER.decode, _members)


def _whole_number(digits: str) -> int | float:
    size = len(digits)
    if size < 16:  # below 10**15
        return int(digits)
    if size > 17:
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
_SCAN: Final = make_scanner(_DECODER)  # type: ignore[arg-type]  # a decoder is what it is made of


def stringify(value: Any, indent: str = "") -> str | Undefined:
    """``JSON.stringify(value, null, indent)``; UNDEFINED for undefined, a function and a Symbol.

    Raises KVTypeError for a BigInt and for a structure that contains itself, KVRangeError for one that is
    nested deeper than V8's stack is high.
    """
    return _Writer(indent).write(value)


_Steps: TypeAlias = Generator["_Steps", str, str]


class _Writer:
    """Writes one value; remembers the objects that it is inside of, and how it came there.

    Containers are generators that yield those inside of them, so that depth costs memory, not stack.
    """

    def __init__(self, indent: str) -> None:
        self._indent = indent
        self._path: list[tuple[str, Any]] = []
        self._places: dict[int, int] = {}

    def write(self, value: Any) -> str | Undefined:
        value = _json_form(value, "")
        text = _scalar(value)
        return _run(self._container(value, "")) if text is None else text

    def _container(self, value: Any, step: str) -> _Steps:
        if id(value) in self._places:
            raise KVTypeError(_circle(self._path[self._places[id(value)] :], step))
        if len(self._path) >= DEEPEST:
            raise KVRangeError(STACK_ENDED)
        self._places[id(value)] = len(self._path)
        self._path.append((step, value))
        text = yield (self._dict(value) if isinstance(value, dict) else self._list(value))
        self._path.pop()
        del self._places[id(value)]
        return text

    def _list(self, items: Sequence[Any]) -> _Steps:
        parts = []
        for index, item in enumerate(items):
            form = _json_form(item, str(index))
            text = _scalar(form)
            if text is None:
                text = yield self._container(form, f"index {index}")
            parts.append(text if isinstance(text, str) else "null")
        return self._joined("[", parts, "]")

    def _dict(self, members: dict[Any, Any]) -> _Steps:
        parts = []
        colon = ": " if self._indent else ":"
        named = in_member_order({to_string(name): member for name, member in members.items()})
        for name, member in named.items():
            form = _json_form(member, name)
            text = _scalar(form)
            if text is None:
                text = yield self._container(form, f"property '{name}'")
            if isinstance(text, str):
                parts.append(f"{quote(name)}{colon}{text}")
        return self._joined("{", parts, "}")

    def _joined(self, start: str, parts: list[str], end: str) -> str:
        if not self._indent or not parts:
            return start + ",".join(parts) + end
        inner = "\n" + self._indent * len(self._path)
        return start + inner + f",{inner}".join(parts) + inner[: -len(self._indent)] + end


def _run(steps: _Steps) -> str:
    """Drive a generator and all that it yields, each to its text."""
    waiting, text = [steps], ""
    while waiting:
        try:
            waiting.append(waiting[-1].send(text) if text else next(waiting[-1]))
            text = ""
        except StopIteration as stop:
            waiting.pop()
            text = stop.value
    return text


def _json_form(value: Any, name: str) -> Any:
    """What stands for ``value`` in JSON: the answer of its toJSON, the elements of a typed array."""
    if isinstance(value, dict) and not isinstance(value, JsMap) and callable(own := value.get("toJSON")):
        value = own(name)
    elements = None if isinstance(value, _PLAIN) else typed_elements(value)
    return value if elements is None else {str(index): element for index, element in enumerate(elements)}


def _scalar(value: Any) -> str | Undefined | None:
    """The text of what holds nothing else; None for what does."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Undefined | Symbol):
        return UNDEFINED
    if isinstance(value, datetime):
        return quote(date_json(value))
    if isinstance(value, JsMap | set | frozenset | ArrayBuffer):
        return "{}"
    if isinstance(value, dict | list | tuple):
        return None
    return UNDEFINED if callable(value) else "{}"


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
