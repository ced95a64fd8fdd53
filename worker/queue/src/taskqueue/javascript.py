"""JSON values as JavaScript reads, judges and writes them.

The original Worker is TypeScript, and some of what it does rests on JavaScript's rules: which values count
as false, how a value looks in a key, what becomes of a number that is parsed and written again.
"""

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

_MAX_SAFE_INTEGER: Final = 2**53 - 1
_LAST_ARRAY_INDEX: Final = 2**32 - 2
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class JsError(Exception):
    """An error that reads like JavaScript's: ``TypeError: pending is not iterable``."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")


def truthy(value: Any) -> bool:
    """Whether JavaScript takes ``value`` for true: ``[]`` and ``{}`` are, ``0``, ``""`` and null are not."""
    return isinstance(value, list | dict) or bool(value)


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
    """``JSON.parse``: numbers are doubles, NaN and Infinity are no JSON.

    Raises ValueError for anything that is not JSON, and for nesting too deep to read.
    """
    try:
        return json.loads(source, parse_int=_number, parse_float=_number, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def stringify(value: Any) -> str:
    """``JSON.stringify``: compact, non-ASCII as it is, lone surrogates escaped."""
    if _is_plain(value, _PLAIN_DEPTH):
        plain = _PLAIN.encode(value)
        return plain if plain.isascii() else _LONE_SURROGATE.sub(_escaped, plain)
    # A list of work instead of recursion: what could be parsed can always be written.
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
            written.append(_scalar(item))
    return "".join(written)


# What Python's encoder writes as JSON.stringify does, and faster: no floats, no names that look like indices.
_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PLAIN_DEPTH: Final = 50


def _is_plain(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return True
    if isinstance(value, dict):  # what a binding gives is of a class of its own
        names, members = value.keys(), value.values()
        if not depth or any(map(str.isdigit, names)):
            return False
    elif kind is list and depth:
        members = value
    else:
        return False
    return all(_is_plain(member, depth - 1) for member in members if type(member) is not str)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


class _Written(str):
    """A piece of finished JSON."""


def _array_parts(items: list[Any]) -> list[Any]:
    parts: list[Any] = [_Written("[")]
    for index, item in enumerate(items):
        parts += [_Written(","), item] if index else [item]
    return [*parts, _Written("]")]


def _object_parts(members: dict[str, Any]) -> list[Any]:
    parts: list[Any] = [_Written("{")]
    for index, name in enumerate(sorted(members, key=_member_order)):
        parts += [_Written(f"{',' if index else ''}{_scalar(name)}:"), members[name]]
    return [*parts, _Written("}")]


def _member_order(name: str) -> int:
    """Names that look like array indices come first, in their order; the others stay as they came."""
    if name.isascii() and name.isdigit() and len(name) <= 10 and (name == "0" or name[0] != "0"):
        return min(int(name), _LAST_ARRAY_INDEX + 1)
    return _LAST_ARRAY_INDEX + 1


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        return _number_text(value) if math.isfinite(value) else "null"
    return _LONE_SURROGATE.sub(_escaped, json.dumps(value, ensure_ascii=False))


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
