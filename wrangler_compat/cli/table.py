"""Tables as wrangler draws them."""

from collections.abc import Sequence
from unicodedata import east_asian_width


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below their titles in a frame, with a line between any two."""
    widths = [max(map(_width, column)) for column in zip(titles, *rows, strict=True)]
    between = "\n" + _rule("├┼┤", widths) + "\n"
    body = between.join(_row(line, widths) for line in (titles, *rows))
    return f"{_rule('┌┬┐', widths)}\n{body}\n{_rule('└┴┘', widths)}"


def _rule(corners: str, widths: Sequence[int]) -> str:
    return corners[0] + corners[1].join("─" * (width + 2) for width in widths) + corners[2]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return "│ " + " │ ".join(padded) + " │"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)
