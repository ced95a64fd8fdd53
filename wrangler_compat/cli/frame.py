"""Messages as wrangler lays them out on a terminal: a title line, a code frame, notes."""

from collections.abc import Iterable
from typing import Final, Literal

from kvstore.text.printable import printable
from worker.config import Location

Severity = Literal["error", "warning"]

_WIDTH: Final = 70
_SIGNS: Final = {"error": ("✘", "ERROR", 31, 41, 97), "warning": ("▲", "WARNING", 33, 43, 30)}


def block(
    kind: Severity,
    text: str,
    notes: Iterable[str] = (),
    location: Location | None = None,
    *,
    colour: bool = False,
) -> str:
    """The whole message; what follows its first line is indented by two spaces.

    The form is that of esbuild's formatter, which wrangler prints all its errors and warnings with.
    """
    first, *more = map(printable, text.split("\n"))
    below = [printable(line) for part in (*_rest(more), *notes) for line in part.split("\n")]
    frame = code_frame(location) if location else ""
    lines = "".join(f"  {line}\n" for line in below)
    return f"{_title(kind, first, colour)}\n\n{frame}{lines}" + ("\n" if below else "")


def _rest(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if lines else []


def _title(kind: Severity, text: str, colour: bool) -> str:
    sign, word, ink, paper, letters = _SIGNS[kind]
    if not colour:
        return f"{sign} [{word}] {text}"
    label = f"\x1b[{paper};{ink}m[\x1b[{paper};{letters}m{word}\x1b[{paper};{ink}m]\x1b[0m"
    return f"\x1b[{ink}m{sign} {label} \x1b[1m{text}\x1b[0m"


def code_frame(location: Location) -> str:
    """The line of a file that is wrong, and a mark below what is wrong in it. Of a long line, a part."""
    number = str(location.line)
    margin = " " * len(number)
    line, column = _window(location.line_text, location.column)
    before, marked = printable(line[:column]), printable(line[column : column + location.length])
    line = before + marked + printable(line[column + location.length :])
    column, length = len(before), len(marked)
    return (
        f"    {printable(str(location.path))}:{number}:{location.column}:\n"
        f"      {number} │ {line}\n"
        f"      {margin} ╵ {' ' * column}{'~' * length if length > 1 else '^'}\n\n"
    )


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around ``column`` that fits on a terminal, and where the column is in it."""
    if len(line) <= _WIDTH:
        return line, column
    start = min(max(0, column - _WIDTH // 2), len(line) - _WIDTH)
    part = line[start : start + _WIDTH]
    part = f"...{part[3:]}" if start else part
    return (f"{part[:-3]}..." if start + _WIDTH < len(line) else part), column - start
