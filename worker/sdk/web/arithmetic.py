"""JavaScript's Math, and the global functions that read numbers."""

import math
import re
from typing import Any, Final

from kvstore.javascript.values import to_number, to_string
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.surroundings import current_platform

_ONE_ARGUMENT: Final = {
    **{name: getattr(math, name) for name in ("cos", "exp", "sin", "tan", "atan", "cbrt")},
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "trunc": math.trunc,
    "round": lambda number: math.floor(number + 0.5),
    "sign": lambda number: (number > 0) - (number < 0),
    "sqrt": lambda number: math.sqrt(number) if number >= 0 else math.nan,
    "log": lambda number: _logarithm(math.log, number),
    "log2": lambda number: _logarithm(math.log2, number),
    "log10": lambda number: _logarithm(math.log10, number),
}
_FLOAT: Final = re.compile(r"\s*([+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Math(JsObject):
    """Numbers are doubles; what is no number is NaN."""

    PI = math.pi
    E = math.e

    def __getattr__(self, name: str) -> Any:
        if name not in _ONE_ARGUMENT:
            raise AttributeError(name)
        function: Any = _ONE_ARGUMENT[name]

        def applied(value: Any = math.nan, *_: Any) -> float:
            number = to_number(value)
            return float(function(number)) if math.isfinite(number) else number

        return applied

    def max(self, *values: Any) -> float:
        return max(map(to_number, values), default=-math.inf)

    def min(self, *values: Any) -> float:
        return min(map(to_number, values), default=math.inf)

    def pow(self, base: Any, exponent: Any) -> float:
        return math.pow(to_number(base), to_number(exponent))

    def hypot(self, *values: Any) -> float:
        return math.hypot(*map(to_number, values))

    def random(self) -> float:
        return int.from_bytes(current_platform().entropy.token(7)) / 2**56


def _logarithm(function: Any, number: float) -> float:
    if number > 0:
        return float(function(number))
    return -math.inf if number == 0 else math.nan


def parse_float(value: Any = "", *_: Any) -> float:
    found = _FLOAT.match(to_string(value))
    return float(found[1]) if found else math.nan


def parse_int(value: Any = "", radix: Any = 10, *_: Any) -> float:
    text = to_string(value).strip().lower()
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    base = int(to_number(radix)) or 10
    if text.startswith("0x"):
        text, base = text[2:], 16
    digits = re.match(f"[{_DIGITS[:base]}]*", text)
    return sign * int(digits[0], base) if digits and digits[0] else math.nan


def is_nan(value: Any = math.nan, *_: Any) -> bool:
    return math.isnan(to_number(value))


def is_finite(value: Any = math.nan, *_: Any) -> bool:
    return math.isfinite(to_number(value))
