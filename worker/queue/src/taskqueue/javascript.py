"""JSON values as JavaScript reads, judges and writes them.

The original Worker is TypeScript, and some of what it does rests on JavaScript's rules: which values count
as false, how a value looks in a key, what becomes of a number that is parsed and written again.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.encoder import encode_basestring as quoted
from typing import Any, Final

_MAX_SAFE_INTEGER: Final = 2**53 - 1
_LAST_ARRAY_INDEX: Final = 2**32 - 2
_SPACE: Final = re.compile("[ \t\n\r]*")
_CLOSED: Final = {"[": "]", "{": "}"}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class JsError(Exception):
    """An error that reads like JavaScript's: ``TypeError: pending is not iterable``."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")


def truthy(value: Any) -> bool:
    """Whether JavaScript takes ``value`` for true: ``[]`` and ``{}`` are, ``0``, ``""`` and null are not."""
    return bool(value) or isinstance(value, list | dict)


def iterate(value: Any, name: str) -> Iterable[Any]:
    """What ``for (const x of value)`` walks: an array's elements or a string's characters.

    Raises JsError for anything else, naming the variable as the original does.
    """
    if isinstance(value, list | str):
        return value
    raise JsError("TypeError", f"{name} is not iterable")


def length(value: Any) -> Any:
    """``value.length``; None for undefined."""
    if isinstance(value, str):
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    if isinstance(value, list):
        return len(value)
    return value.get("length") if isinstance(value, dict) else None


def text(value: Any) -> str:
    """What a template literal makes of ``value``: ``null``, ``5``, ``1,2``, ``[object Object]``."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    return "[object Object]"


def parse(source: str) -> Any:
    """``JSON.parse``: numbers are doubles, NaN and Infinity are no JSON, nesting may be as deep as it likes.

    Raises ValueError for anything that is not JSON.
    """
    try:
        return _DECODER.decode(source)
    except RecursionError:
        return _parse_deep(source)


def _parse_deep(source: str) -> Any:
    """With a list of open arrays and objects instead of recursion."""
    outer: list[tuple[Any, str]] = []  # each with its member's name, which is read next
    at = _after_space(source, 0)
    while True:
        opened = source[at : at + 1]
        if opened in ("[", "{"):
            value: Any = [] if opened == "[" else {}
            at = _after_space(source, at + 1)
            if not source.startswith(_CLOSED[opened], at):
                name, at = _member_name(source, at, value)
                outer.append((value, name))
                continue
            at += 1
        else:
            value, at = _DECODER.raw_decode(source, at)
        at = _after_space(source, at)
        while outer:
            container, name = outer.pop()
            if isinstance(container, dict):
                container[name] = value
            else:
                container.append(value)
            value, ended = container, source[at : at + 1]
            at = _after_space(source, at + 1)
            if ended == ",":
                name, at = _member_name(source, at, container)
                outer.append((container, name))
                break
            if ended != _CLOSED["{" if isinstance(container, dict) else "["]:
                raise ValueError(f"JSON goes on with {ended!r} before position {at}")
        else:
            if at < len(source):
                raise ValueError(f"JSON ends at position {at}, and there is more")
            return value


def _after_space(source: str, at: int) -> int:
    found = _SPACE.match(source, at)
    assert found is not None  # it matches nothing, too
    return found.end()


def _member_name(source: str, at: int, container: Any) -> tuple[str, int]:
    """The name of an object's next member, and where its value is; an array's have none."""
    if isinstance(container, list):
        return "", at
    if not source.startswith('"', at):
        raise ValueError(f"JSON has no member name at position {at}")
    name, at = scanstring(source, at + 1, True)
    at = _after_space(source, at)
    if not source.startswith(":", at):
        raise ValueError(f"JSON has no ':' at position {at}")
    return name, _after_space(source, at + 1)


def stringify(value: Any) -> str:
    """``JSON.stringify``: compact, non-ASCII as it is, lone surrogates escaped."""
    try:
        written = _WRITERS[type(value)](value)
    except RecursionError:
        written = _deep(value)
    return written if written.isascii() else _LONE_SURROGATE.sub(_escaped, written)


def _object(members: dict[str, Any]) -> str:
    if members and min(members) < ":":  # "9" comes before ":": a name may be an index
        members = _ordered(members)
    pairs = [f"{quoted(name)}:{_WRITERS[type(member)](member)}" for name, member in members.items()]
    return "{" + ",".join(pairs) + "}"


def _ordered(members: dict[str, Any]) -> dict[str, Any]:
    """Names that look like array indices come first, in their order; the others stay as they came."""
    return {name: members[name] for name in sorted(members, key=_place)}


def _array(items: list[Any]) -> str:
    return f"[{','.join([_WRITERS[type(item)](item) for item in items])}]"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


class _Written(str):
    """A piece of finished JSON."""


def _deep(value: Any) -> str:
    """With a list of work instead of recursion: what could be parsed can always be written."""
    waiting: list[Any] = [value]
    written: list[str] = []
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Written):
            written.append(item)
        elif isinstance(item, dict):
            waiting.extend(reversed(_object_parts(item)))
        elif isinstance(item, list):
            waiting.extend(reversed(_array_parts(item)))
        else:
            written.append(_WRITERS[type(item)](item))
    return "".join(written)


def _array_parts(items: list[Any]) -> list[Any]:
    parts: list[Any] = [_Written("[")]
    for index, item in enumerate(items):
        parts += [_Written(","), item] if index else [item]
    return [*parts, _Written("]")]


def _object_parts(members: dict[str, Any]) -> list[Any]:
    parts: list[Any] = [_Written("{")]
    for index, (name, member) in enumerate(_ordered(members).items()):
        parts += [_Written(f"{',' if index else ''}{quoted(name)}:"), member]
    return [*parts, _Written("}")]


def _place(name: str) -> int:
    if name.isascii() and name.isdigit() and len(name) <= 10 and (name == "0" or name[0] != "0"):
        return min(int(name), _LAST_ARRAY_INDEX + 1)
    return _LAST_ARRAY_INDEX + 1


def _number(source: str) -> int | float:
    number = float(source)
    return int(number) if number.is_integer() and abs(number) <= _MAX_SAFE_INTEGER else number


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _number_text(value: float) -> str:
    """``String(number)``: an exponent only below 1e-6 and from 1e21 on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) or value == 0:
        return str(int(value))
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)
    return "-" * sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    """``0.digits`` times ten to the power of ``point``."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


class _Writers(dict[type, Callable[[Any], str]]):
    """What writes a value of each type."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        """What a binding gives is of a class of its own, derived from one of these."""
        for base in kind.__mro__:
            if base in self:
                return self[base]
        raise TypeError(f"Object of type {kind.__name__} is not JSON serializable")


_WRITERS: Final = _Writers(
    {
        str: quoted,
        int: repr,
        float: lambda value: _number_text(value) if math.isfinite(value) else "null",
        bool: {False: "false", True: "true"}.__getitem__,
        type(None): {None: "null"}.__getitem__,
        dict: _object,
        list: _array,
    }
)
_DECODER: Final = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_refuse)
