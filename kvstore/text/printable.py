"""Text from data, for people: what a terminal would obey, or not show, is escaped."""

import re

_INVISIBLE = re.compile(r"[^\x20-\x7e]")


def printable(text: str) -> str:
    """``text`` on one line, with every character that does not show as itself written as Python escapes it.

    Those are control characters (``\\x1b``, ``\\n``, C1), what turns the direction of writing or has no width
    (``\\u202e``, ``\\u200b``), lone surrogates, and spaces other than the space.
    """
    return text if text.isprintable() else _INVISIBLE.sub(_escaped, text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines: only its newlines stay."""
    return "\n".join(map(printable, text.split("\n")))


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return character if character.isprintable() else repr(character)[1:-1]
