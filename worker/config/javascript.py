"""The few places where a configuration shows that wrangler is a JavaScript program.

What is rarely needed is imported when it is: a command that only reads a plain configuration starts faster.
"""

import math
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Final, TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

MAX_SAFE_INTEGER: Final = 2**53 - 1


class TomlDate(str):
    """A date or time that a TOML file has without quotes, as JSON would show it.

    It is a Date object for wrangler, so it passes as a value inside a variable, but not as a string.
    """

    __slots__ = ()


def is_text(value: object) -> bool:
    """Whether ``typeof value === "string"``."""
    return isinstance(value, str) and not isinstance(value, TomlDate)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def members(value: JSON) -> dict[str, JSON]:
    """What ``Object.entries`` sees: the members of an object, the numbered elements of an array."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): element for index, element in enumerate(value)}
    return {}


def entries(fields: dict[str, JSON], name: str) -> Iterable[dict[str, JSON]]:
    """The members of each entry of a field that passed its checks."""
    return map(members, members(fields.get(name)).values())


def text_of(entry: dict[str, JSON], name: str) -> str | None:
    """A member as a text; None where there is none."""
    return str(entry[name]) if name in entry else None


def shown(value: JSON) -> str:
    """``JSON.stringify(value)``, which is how wrangler quotes an offending value."""
    from kvstore.javascript.json_text import stringify

    return str(stringify(value))


def from_parser(value: Any) -> JSON:
    """A parsed document as JavaScript holds it: numbers are doubles, integer-like members come first.

    Infinity and NaN become None: a variable that holds one arrives in the Worker as null.
    """
    if isinstance(value, dict):
        return _in_member_order({name: from_parser(member) for name, member in value.items()})
    if isinstance(value, list):
        return [from_parser(element) for element in value]
    if is_number(value):
        return _double(value)
    if isinstance(value, date | time):
        return _toml_date(value)
    plain: JSON = value
    return plain


def join_surrogates(text: str) -> str:
    """Pairs of surrogate escapes as the characters that they mean; a lone one stays what it is."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _in_member_order(named: dict[str, JSON]) -> dict[str, JSON]:
    if not any(name[:1].isdigit() for name in named):
        return named
    from kvstore.javascript.json_text import in_member_order

    return in_member_order(named)


def _double(number: int | float) -> int | float | None:
    if isinstance(number, int):
        return number if abs(number) <= MAX_SAFE_INTEGER else float(number)
    if not math.isfinite(number):
        return None
    whole = number.is_integer() and abs(number) <= MAX_SAFE_INTEGER
    return int(number) if whole else number


def _toml_date(moment: date | time) -> TomlDate:
    if isinstance(moment, datetime | time):
        return TomlDate(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    return TomlDate(moment.isoformat())
