"""Lines for people. Nothing from data can move the cursor, begin a line, or read as a verdict."""

import os
import re
import shlex
import textwrap
from collections.abc import Iterable, Sequence

from kvstore.text.address import without_password
from kvstore.text.printable import printable

_NAMED = 3  # offending keys that are shown before "and n more"
_WIDTH = 110
_COMMAND = re.compile(r"\s*(Again: )?(\w+=…? )*rehearse ")
_FORGED = re.compile(r"^\s+(?=(NO-)?GO\b|FAIL\b|INCONCLUSIVE\b)")


def text_of(lines: Iterable[str]) -> str:
    """A report: each of ``lines`` is one, whatever is in it, or several that fit."""
    return "\n".join(part for line in lines for part in folded(line))


def message_of(text: str) -> str:
    """A text of several lines that is not a report, such as an error: those after the first are moved in."""
    first, *more = text.split("\n")
    return "\n".join([printable(first), *(_marked(f"  {printable(line)}") for line in more)])


def folded(line: str) -> list[str]:
    """A line as several that fit, with what follows the first moved in as far as it was; never a command.

    A verdict begins at the margin. A line further in that would read as one gets an ellipsis before it.
    """
    line = printable(line)
    if _COMMAND.match(line):
        return [line]
    margin = " " * (len(line) - len(line.lstrip()) + 2)
    parts = textwrap.wrap(line, _WIDTH, subsequent_indent=margin, break_on_hyphens=False)
    return [_marked(part) for part in parts] or [""]


def _marked(line: str) -> str:
    return _FORGED.sub(r"\g<0>…", line)


def some(keys: Iterable[str], of: int | None = None) -> str:
    """A few of ``keys``, and how many more there are; they may be the first of ``of``."""
    every = list(keys)
    shown, count = ", ".join(every[:_NAMED]), len(every) if of is None else of
    return shown if count <= _NAMED else f"{shown} and {count - _NAMED:,} more"


def command_line(words: Sequence[str]) -> str:
    """``words`` as a shell takes them, on one line; ``$'…'`` holds what would not show as itself.

    A password in an address is left out."""
    return " ".join(map(_word, words))


def _word(word: str) -> str:
    word = without_password(word)
    if word.isprintable():
        return shlex.quote(word)
    quoted = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{''.join(one if one.isprintable() else _bytes(one) for one in quoted)}'"


def _bytes(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
