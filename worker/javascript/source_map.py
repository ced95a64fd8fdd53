"""Where a position of a bundle comes from in the user's own files: the map that esbuild puts at its end."""

import base64
import json
import re
from bisect import bisect_right
from pathlib import Path
from typing import Any, Final, NamedTuple

_INLINE: Final = re.compile(r"//# sourceMappingURL=data:application/json[^,]*;base64,([A-Za-z0-9+/=]+)")
_DIGITS: Final = {
    digit: value
    for value, digit in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_FRAME: Final = re.compile(r"^ {4}at .*\b(?:caught|visit|entry|worker):\d+:\d+\)?$\n?", re.MULTILINE)


class Place(NamedTuple):
    """``line`` and ``column`` begin with 1."""

    file: Path
    line: int
    column: int


class SourceMap:
    """The map of ``bundle``, read at its first use; without one, or with a damaged one, no position is known.

    Its sources are relative to ``folder``; ``module`` is what stacks call the bundle.
    """

    def __init__(self, bundle: str, folder: Path, module: str = "bundle") -> None:
        self._bundle = bundle
        self._folder = folder
        self._position = re.compile(rf"\(?\b{re.escape(module)}:(\d+):(\d+)\)?")
        self._lines: list[list[tuple[int, Place]]] | None = None

    def place(self, line: int, column: int) -> Place | None:
        """Where that position of the bundle comes from."""
        if self._lines is None:
            self._lines = _read(self._bundle, self._folder)
        if not 0 < line <= len(self._lines):
            return None
        found = self._lines[line - 1]
        at = bisect_right(found, column - 1, key=lambda segment: segment[0])
        return found[at - 1][1] if at else None

    def stack(self, text: str) -> tuple[str, Place | None]:
        """``text``, a stack, with the user's own positions and without our frames; and the first position."""
        places: list[Place] = []

        def own(match: re.Match[str]) -> str:
            place = self.place(int(match[1]), int(match[2]))
            if place is None:
                return match[0]
            places.append(place)
            shown = f"{place.file.as_uri()}:{place.line}:{place.column}"
            return f"({shown})" if match[0].startswith("(") else shown

        mapped = self._position.sub(own, text)
        return _FRAME.sub("", mapped).rstrip("\n"), places[0] if places else None


def _read(bundle: str, folder: Path) -> list[list[tuple[int, Place]]]:
    found = _INLINE.findall(bundle)
    try:
        return _decoded(json.loads(base64.b64decode(found[-1])), folder) if found else []
    except (ValueError, LookupError, TypeError, AttributeError):  # --no-bundle takes a map of anybody's
        return []


def _decoded(source_map: dict[str, Any], folder: Path) -> list[list[tuple[int, Place]]]:
    """For every line of the bundle its segments: the column, from 0, and where it comes from."""
    sources = [(folder / name).resolve() for name in source_map["sources"]]
    lines: list[list[tuple[int, Place]]] = []
    source = line = column = 0
    for text in source_map["mappings"].split(";"):
        start, segments = 0, []
        for segment in filter(None, text.split(",")):
            moved = _numbers(segment)
            start += moved[0]
            if len(moved) >= 4:
                source, line, column = source + moved[1], line + moved[2], column + moved[3]
                segments.append((start, Place(sources[source], line + 1, column + 1)))
        lines.append(segments)
    return lines


def _numbers(segment: str) -> list[int]:
    """Numbers of six bits a digit: the lowest of the first is the sign, the highest says that more come."""
    numbers, value, shift = [], 0, 0
    for digit in segment:
        bits = _DIGITS[digit]
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers
