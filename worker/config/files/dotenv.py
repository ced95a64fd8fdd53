"""The syntax of ``.dev.vars`` and ``.env`` files, as wrangler 4.86 takes it (dotenv 16, dotenv-expand 12).

A line is ``NAME=value``, ``NAME: value`` or either after ``export``; any other line is passed over. A value
in quotes may go over several lines; one without ends at ``#`` or the end of the line.
"""

import re
from collections.abc import Mapping
from typing import Final

from worker.config.errors import ConfigError

# JavaScript's white space, without the line break; U+FEFF makes a byte order mark harmless.
_BLANK: Final = " \t\v\f\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_SPACE: Final = _BLANK + "\n"
_STRIPPED: Final = _SPACE.replace("\u2000-\u200a", "".join(map(chr, range(0x2000, 0x200B))))

_NAME: Final = re.compile(
    rf"[{_SPACE}]*(?:export[{_SPACE}]+)?(?P<name>[A-Za-z0-9_.-]+)(?:[{_SPACE}]*=|:[{_SPACE}])"
)
_SPACES: Final = re.compile(rf"[{_SPACE}]*")
_UNQUOTED: Final = re.compile(r"[^#\n]*")
_AFTER_QUOTE: Final = re.compile(rf"[{_BLANK}]*(?=[#\n]|\Z)")
_QUOTES: Final = ("'", '"', "`")

_REFERENCE: Final = re.compile(r"(?<!\\)\$(?:\{([^{}]+)\}|([A-Za-z_][A-Za-z0-9_]*))")
_OPERATOR: Final = re.compile(r":?[+-]")
MAX_EXPANSIONS: Final = 1000


def parse_dotenv(text: str) -> dict[str, str]:
    """Names and values in the order of the file; of two lines with one name the last counts."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        named = _NAME.match(text, position)
        if named:
            values[named["name"]], end = _value(text, named.end())
        else:
            end = _skip_spaces(text, position)
        position = _next_line(text, end)
    return values


def _value(text: str, position: int) -> tuple[str, int]:
    opening = _skip_spaces(text, position)
    end = _end_of_quoted(text, opening) if text.startswith(_QUOTES, opening) else None
    if end is not None:
        return _content(text[opening:end]), end
    unquoted = _UNQUOTED.match(text, position)
    end = unquoted.end() if unquoted else position
    return _content(text[position:end].strip(_STRIPPED)), end


def _end_of_quoted(text: str, opening: int) -> int | None:
    """Behind the closing quote: the first one without a backslash, or else the last one with, provided that
    only a comment follows on its line.
    """
    quote = text[opening]
    candidates: list[int] = []
    closing = text.find(quote, opening + 1)
    while closing >= 0:
        candidates.append(closing)
        if text[closing - 1] != "\\":
            break
        closing = text.find(quote, closing + 1)
    ends = (candidate + 1 for candidate in reversed(candidates))
    return next((end for end in ends if _AFTER_QUOTE.match(text, end)), None)


def _content(written: str) -> str:
    """The value without its quotes; after a double quote, even an unclosed one, ``\\n`` and ``\\r`` count."""
    quoted = len(written) > 1 and written[0] in _QUOTES and written[0] == written[-1]
    content = written[1:-1] if quoted else written
    if written.startswith('"'):
        content = content.replace("\\n", "\n").replace("\\r", "\r")
    return content


def _skip_spaces(text: str, position: int) -> int:
    spaces = _SPACES.match(text, position)
    return spaces.end() if spaces else position


def _next_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def expand(values: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """``outside`` with ``values`` over it, in which references are replaced.

    References are ``$X``, ``${X}``, ``${X:-default}`` (also ``-``) and ``${X:+instead}`` (also ``+``). One
    reaches earlier values and ``outside``. A name that ``outside`` has already keeps the value from there,
    unless that is empty. A backslash keeps a dollar sign as it is. Raises ConfigError for values
    that refer to each other without end, which wrangler follows for ever.
    """
    expanded: dict[str, str] = {}
    for name, value in values.items():
        given = outside.get(name, "")
        if given in ("", value):
            given = _substitute(name, value, {**expanded, **outside}, expanded)
        expanded[name] = given.replace("\\$", "$")
    return {**outside, **expanded}


def _substitute(name: str, value: str, known: Mapping[str, str], expanded: Mapping[str, str]) -> str:
    text = value
    seen: set[str] = set()
    for _ in range(MAX_EXPANSIONS):
        found = _REFERENCE.search(text)
        if found is None:
            return text
        seen.add(text)
        reference, insert = _resolve(found[1] or found[2], known, seen)
        text = _replace_first(text, found[0], insert)
        if text == expanded.get(reference):
            return text
    # The value is not shown: it may be a secret.
    raise ConfigError(
        f'"{name}" cannot be expanded: its value leads to itself (after {MAX_EXPANSIONS} steps).'
    )


def _resolve(expression: str, known: Mapping[str, str], seen: set[str]) -> tuple[str, str]:
    """The name that an expression refers to, and the text to put in its place."""
    operator = _OPERATOR.search(expression)
    if operator is None:
        reference, rest = expression, ""
    else:
        reference, rest = expression[: operator.start()], expression[operator.end() :]
    value = known.get(reference, "")
    if operator and operator[0].endswith("+"):
        return reference, rest if value else ""
    return reference, rest if not value or value in seen else value


def _replace_first(text: str, target: str, insert: str) -> str:
    """JavaScript's ``text.replace(target, insert)``, in which a few dollar signs have a meaning."""
    before, _, after = text.partition(target)
    special = {"$$": "$", "$&": target, "$`": before, "$'": after}
    return before + re.sub(r"\$[$&`']", lambda found: special[found[0]], insert) + after
