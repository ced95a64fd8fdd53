"""JSON that people or other programs wrote, in a file or a variable: read, or refused in words."""

import json
from typing import Any, Final, NoReturn

_MOST_DIGITS: Final = 400  # a double has 309; Python refuses to read some thousands


def read_json(text: str) -> Any:
    """The value of ``text``; a whole number that no double can hold is infinite.

    Raises ValueError that says what is wrong, and where: no JSON, NaN and Infinity among it, or JSON nested
    so deeply that Python cannot read it (about a thousand levels).
    """
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("its arrays and objects are nested too deeply") from None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON value")


DECODER: Final = json.JSONDecoder(parse_int=_whole, parse_constant=_refuse)
