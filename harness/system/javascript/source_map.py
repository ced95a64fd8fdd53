"""Source maps: which line of the user's files a line of the bundle comes from."""

import base64
import bisect
import json
import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

_INLINE: Final = re.compile(rb"//# sourceMappingURL=data:application/json[^,]*;base64,([A-Za-z0-9+/=]+)")
_FRAME: Final = re.compile(r"user:(\d+):(\d+)")
_DIGITS: Final = {
    one: place for place, one in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}


class SourceMap:
    """``mappings`` as the format of version 3 has them, over ``sources``, which are paths."""

    def __init__(self, mappings: str, sources: list[str]) -> None:
        self._mappings = mappings
        self._sources = sources

    @classmethod
    def of(cls, bundle: bytes, built: Path, root: Path) -> "SourceMap":
        """The map at the end of a bundle that was built in the folder ``built``; empty without any.

        Paths are as seen from ``root``.
        """
        found = _INLINE.findall(bundle)
        if not found:
            return cls("", [])
        read = json.loads(base64.b64decode(found[-1]))
        return cls(read["mappings"], [os.path.relpath(built / one, root) for one in read["sources"]])

    def place(self, line: int, column: int) -> str | None:
        """``file:line`` of a place in the bundle, both counted from 1; None where it comes from no file."""
        if not 0 < line <= len(self._lines):
            return None
        known = self._lines[line - 1]
        at = bisect.bisect_right(known, (column - 1, 1 << 60, 0)) - 1
        return None if at < 0 else f"{self._sources[known[at][1]]}:{known[at][2] + 1}"

    def told(self, stack: str) -> str:
        """An error in one line: what it says, and the user's line that threw it."""
        said = stack.partition("\n    at ")[0]
        for frame in _FRAME.finditer(stack):
            place = self.place(int(frame[1]), int(frame[2]))
            if place is not None:
                return f"{said} ({place})"
        return said

    @cached_property
    def _lines(self) -> list[list[tuple[int, int, int]]]:
        """For every line of the bundle the places that are known: column, source, line in it."""
        source = original = 0
        lines = []
        for line in self._mappings.split(";"):
            column, places = 0, []
            for segment in filter(None, line.split(",")):
                numbers = list(_numbers(segment))
                column += numbers[0]
                if len(numbers) > 2:
                    source, original = source + numbers[1], original + numbers[2]
                    places.append((column, source, original))
            lines.append(places)
        return lines


def _numbers(segment: str) -> Iterator[int]:
    """Numbers in base 64, least digits first, each with its sign in the lowest bit."""
    value = shift = 0
    for one in segment:
        digit = _DIGITS[one]
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
