"""Tables as wrangler draws them."""

from collections.abc import Sequence
from unicodedata import east_asian_width


def table(rows: Sequence[dict[str, str]]) -> str:
    """Rows with the same members, whose names are the head; a line between any two rows."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    between = "\n" + _rule("├┼┤", widths) + "\n"
    body = between.join(_row(line, widths) for line in lines)
    return f"{_rule('┌┬┐', widths)}\n{body}\n{_rule('└┴┘', widths)}"


def _rule(corners: str, widths: Sequence[int]) -> str:
    return corners[0] + corners[1].join("─" * (width + 2) for width in widths) + corners[2]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return "│ " + " │ ".join(padded) + " │"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)
