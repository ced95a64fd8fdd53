"""TOML 1.1, as wrangler reads it, with wrangler's words around it and, where they correspond, inside it.

By tomli: the standard library reads 1.0, before Python 3.15. Two parsers never agree on every broken text.
The table below holds what smol-toml (wrangler's parser) says of the usual mistakes; for anything else
tomli's message is shown.
"""

import re
from typing import Any, Final

import tomli

from worker.config.javascript import JSON, MAX_SAFE_INTEGER, from_parser

_PLACE: Final = re.compile(
    r"^(?P<text>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)$", re.DOTALL
)

_LOSSY: Final = "integer value cannot be represented losslessly"
_INTEGER: Final = re.compile(r"[+-]?[0-9][0-9A-Fa-fxob_]{10,}")
_REDEFINED: Final = "trying to redefine an already defined table or value"
_KEY: Final = re.compile(r"[\s[]*")

# tomli's message begins with … → smol-toml's text
_TEXTS: Final = (
    ("Invalid value", "invalid value"),
    ("Invalid date", "invalid value"),
    ("Invalid statement", "only letter, numbers, dashes and underscores are allowed in keys"),
    ("Invalid initial character", "only letter, numbers, dashes and underscores are allowed in keys"),
    ("Expected '=' after a key", "incomplete key-value: cannot find end of key"),
    ("Expected ']", "incomplete key-value: cannot find end of key"),
    ("Expected newline", "each key-value declaration must be followed by an end-of-line"),
    ("Expected", "unfinished string encountered"),
    ("Unterminated string", "unfinished string encountered"),
    ("Illegal character", "control characters are not allowed in strings"),
    ("Found invalid character", "control characters are not allowed in strings"),
    ("Unescaped", "unrecognized escape sequence"),
    ("Unclosed", "cannot find end of structure"),
    ("Cannot", _REDEFINED),
    ("Duplicate inline table key", _REDEFINED),
)


class TomlFault(ValueError):
    """The text is not TOML; ``line`` counts from 1, ``column`` from 0, 0 and 0 if the place is not known."""

    def __init__(self, text: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"Invalid TOML document: {text}")
        self.line = line
        self.column = column


def parse_toml(text: str) -> JSON:
    """The document as a JSON value; dates and times become TomlDate.

    Raises TomlFault, also for an integer that a double cannot hold (beyond 2**53 - 1).
    """
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _fault(str(error), text) from None
    except ValueError:  # Python reads no number of thousands of digits
        raise TomlFault(_LOSSY) from None
    if _lossy(document):
        raise _lossy_fault(text, document)
    return from_parser(document)


def _lossy_fault(text: str, document: Any) -> TomlFault:
    """Where the integer stands: where another in its place makes one less that is too large."""
    lossy = _lossy(document)
    for found in _INTEGER.finditer(text):
        other = f"{text[: found.start()]}{found[0][-1]}{text[found.end() :]}"
        try:
            if _lossy(tomli.loads(other)) < lossy:
                before = text[: found.start()]
                column = len(before) - (before.rfind("\n") + 1)
                return TomlFault(_LOSSY, before.count("\n") + 1, column)
        except ValueError:
            continue  # it was no integer
    return TomlFault(_LOSSY)


def _fault(message: str, text: str) -> TomlFault:
    lines = text.split("\n")
    place = _PLACE.match(message)
    said = place["text"] if place else message
    if place and place["line"]:
        line, column = int(place["line"]), int(place["column"]) - 1
    else:
        line, column = len(lines), len(lines[-1])
    ours = next((ours for start, ours in _TEXTS if said.startswith(start)), said)
    if ours == _REDEFINED and said.startswith("Cannot"):
        line, column = _key_before(lines, line, column)
    return TomlFault(ours, line, column)


def _key_before(lines: list[str], line: int, column: int) -> tuple[int, int]:
    """Where the key or the table's name begins that ends at the place."""
    while not lines[line - 1][:column].strip() and line > 1:
        line, column = line - 1, len(lines[line - 2])
    found = _KEY.match(lines[line - 1])
    return line, found.end() if found else 0


def _lossy(value: Any) -> int:
    """How many integers in ``value`` a double cannot hold."""
    if isinstance(value, dict):
        return sum(map(_lossy, value.values()))
    if isinstance(value, list):
        return sum(map(_lossy, value))
    return int(isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER)
