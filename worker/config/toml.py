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
    ("Cannot", "trying to redefine an already defined table or value"),
    ("Duplicate inline table key", "trying to redefine an already defined table or value"),
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
        raise TomlFault("integer value cannot be represented losslessly") from None
    if not _is_lossless(document):
        raise TomlFault("integer value cannot be represented losslessly")
    return from_parser(document)


def _fault(message: str, text: str) -> TomlFault:
    lines = text.split("\n")
    place = _PLACE.match(message)
    said = place["text"] if place else message
    if place and place["line"]:
        line, column = int(place["line"]), int(place["column"]) - 1
    else:
        line, column = len(lines), len(lines[-1])
    if said == "Invalid value" and not lines[line - 1][column:].strip():
        return TomlFault("incomplete key-value declaration: no value specified", line, column)
    return TomlFault(next((ours for start, ours in _TEXTS if said.startswith(start)), said), line, column)


def _is_lossless(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_lossless(member) for member in value.values())
    if isinstance(value, list):
        return all(_is_lossless(element) for element in value)
    return not isinstance(value, int) or abs(value) <= MAX_SAFE_INTEGER
