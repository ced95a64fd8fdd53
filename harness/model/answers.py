"""Reads what a Worker answers: any bytes at all become what may be asked of an answer of the queue's.

A Worker that is not ours may answer anything. Whoever judges asks for members by name, and is given a value
of the type that the guide gives it, or None: text for an id, a finite number for a count.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any, Final

from kvstore.errors import KVSyntaxError
from kvstore.javascript.json_text import parse
from kvstore.javascript.values import MAX_SAFE_INTEGER

_BLANK: Final = " \t\n\r"
# The guide's answers are five deep. What is deeper than this nobody asks for, and not every reader can take.
DEEPEST: Final = 50
_MOST_SHOWN: Final = 80
# In a body that has more characters than these, a text that is repeated is kept once.
_LONG: Final = 100_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _number(digits: str) -> int | float | None:
    """As JavaScript has it, a whole one as int; None for what is beyond all numbers."""
    number = float(digits)
    if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER:
        return int(number)
    return number if math.isfinite(number) else None


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


# What json.loads does, but for its many looks for white space.
_read = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_refuse).raw_decode


def read_body(content: bytes | str) -> Any:
    """An answer's body as JSON, or as the text that it is.

    What text cannot be is replaced by U+FFFD, what is nested deeper than `DEEPEST` by "…".
    """
    content = content if isinstance(content, str) else content.decode("utf-8", "replace")
    text = content.strip(_BLANK)
    try:
        body, end = _read(text)
    except RecursionError:
        return _read_deep(text, content)
    except ValueError:
        return content
    if end != len(text):
        return content
    odd = text.count("[") + text.count("{") > DEEPEST or "\\u" in text
    body = _plain(body, DEEPEST) if odd else body
    return _each_once(body, {}) if len(text) > _LONG else body


def _each_once(value: Any, known: dict[str, str]) -> Any:
    """The same with each text once: an error is among those of its section, and among all."""
    if isinstance(value, str):
        return known.setdefault(value, value)
    if isinstance(value, list):
        return [_each_once(one, known) for one in value]
    if isinstance(value, dict):
        return {name: _each_once(one, known) for name, one in value.items()}
    return value


def _read_deep(text: str, content: str) -> Any:
    try:
        return _plain(parse(text), DEEPEST)
    except KVSyntaxError:
        return content


def _plain(value: Any, depth: int) -> Any:
    """A value that can be written, compared and shown: not too deep, and without lone surrogates."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        if not depth:
            return "…"
        return {_plain(name, 0): _plain(member, depth - 1) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value] if depth else "…"
    return value


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in types


_TEXT, _FLAG, _LIST, _OBJECT = _is(str), _is(bool), _is(list), _is(dict)
_COUNT, _SECONDS = _is(int), _is(int, float)

# Every member that is asked for, whatever it is a member of.
MEMBERS: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("success", "done", "complete", "needsMigration"), _FLAG),
    **dict.fromkeys(("taskId", "eventId", "message", "error"), _TEXT),
    **dict.fromkeys(("claimNonce", "claimedAt", "renewedAt", "expiresAt"), _TEXT),
    **dict.fromkeys(("count", "deleted", "remaining", "totalMigrated", "totalFailed"), _COUNT),
    **dict.fromkeys(("migrated", "failed"), _COUNT),
    **dict.fromkeys(("oldTaskCount", "newTaskCount", "oldLeaseCount", "newLeaseCount"), _COUNT),
    "retryAfter": _SECONDS,
    **dict.fromkeys(("pending", "errors", "quarantined"), _LIST),
    **dict.fromkeys(("tasks", "leases", "status", "lease"), _OBJECT),
}


def member(body: Any, *names: str) -> Any:
    """A member of a JSON answer by its path, None when it is not there or not of its type.

    Raises KeyError for a name that no answer of the guide's has: add it to the table.
    """
    value = raw(body, *names)
    return value if MEMBERS[names[-1]](value) else None


def shown(body: Any, *names: str) -> str:
    """What is at a path, whatever that is, as JSON of a few words."""
    text = json.dumps(raw(body, *names), ensure_ascii=False)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def raw(value: Any, *names: str) -> Any:
    """What is at a path, of whatever type; None for nothing."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
