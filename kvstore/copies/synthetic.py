"""A namespace that is generated and not stored: as many keys of each shape as a census has, found at once.

A key is made from its number, and its number is read out of the key: a page costs a page, and a get one
entry, however many there are. Values have the members and sizes of the shape, and no user's data.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final

from kvstore.clock import Clock
from kvstore.copies.census import LIFETIMES, SIZES, Shape
from kvstore.errors import StoreError
from kvstore.limits import LIMITS
from kvstore.store import Entry, KeyInfo, Page

_STAR: Final = "*"
# A value for each type of JSON other than an object, by its name in a census.
_TYPES: Final[dict[str, Any]] = {
    "str": "text", "int": 1, "float": 1.5, "list": [1], "bool": True, "NoneType": None,
}  # fmt: skip
# Multiples of these leave gaps of about the same size between 0 and 1: shares are met without chance.
_GOLDEN, _SILVER, _BRONZE, _PLASTIC = 0.6180339887498949, 0.4142135623730951, 0.3027756377319946, 0.3247179572
_SECONDS: Final = {name: seconds * 3 // 4 for seconds, name in LIFETIMES} | {"longer": 90 * 86_400}
_BYTES: Final = {name: size // 2 for size, name in SIZES}


class _Keys(Sequence[str]):
    """The keys of a shape in their order: its pattern with a number in place of each star, always as long."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._digits = len(str(max(0, shape.count - 1)))
        first, *others = map(re.escape, shape.pattern.split(_STAR))
        number = f"(?P<number>[0-9]{{{self._digits}}})" if others else ""
        self._form = re.compile(first + number + "(?P=number)".join(others))

    def __len__(self) -> int:
        return self.shape.count

    def __getitem__(self, at: Any) -> Any:
        return self.shape.pattern.replace(_STAR, f"{at:0{self._digits}}")

    def number_of(self, key: str) -> int | None:
        """The number of a key, None for a key that is not among them."""
        found = self._form.fullmatch(key)
        number = int(found[1] if self._form.groups else 0) if found else len(self)
        return number if number < len(self) else None


class SyntheticStore:
    """Keys of ``shapes``; what expires does so some time after each read, by ``clock``.

    Nothing can be written: a put or a delete raises StoreError. So does a shape of several keys whose pattern
    has no ``*``, and two shapes with one pattern.
    """

    def __init__(self, shapes: Sequence[Shape], clock: Clock) -> None:
        self.clock = clock
        patterns = [shape.pattern for shape in shapes]
        for shape in shapes:
            if shape.count > 1 and _STAR not in shape.pattern:
                raise StoreError(
                    f"{shape.count:,} keys cannot all be named {shape.pattern!r}: the pattern needs a *"
                )
            if patterns.count(shape.pattern) > 1:
                raise StoreError(f"two shapes have the pattern {shape.pattern!r}: merge them into one")
        self._all = [_Keys(shape) for shape in shapes]

    def __len__(self) -> int:
        """How many keys there are; a key that two shapes have counts twice."""
        return sum(map(len, self._all))

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        for keys in self._all:
            if (number := keys.number_of(key)) is not None:
                return self._entry(keys.shape, number)
        return None

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        found = {key: await self.get(key) for key in keys}
        return {key: entry for key, entry in found.items() if entry is not None}

    async def put(self, key: str, entry: Entry) -> None:
        raise StoreError("a synthetic namespace is generated, and cannot be written")

    async def delete(self, key: str) -> None:
        raise StoreError("a synthetic namespace is generated, and cannot be written")

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        """One page of keys, in the order of their code points, which is that of their UTF-8 bytes."""
        merged = merge(*(self._from(one, prefix, after) for one in self._all), key=itemgetter(0))
        # A key that two shapes have is there once, as the first of them has it.
        found = [next(same) for _, same in islice(groupby(merged, itemgetter(0)), limit + 1)]
        return Page(found[:limit], complete=len(found) <= limit)

    async def close(self) -> None:
        """It holds nothing."""

    def _from(self, keys: _Keys, prefix: str, after: str | None) -> Iterator[KeyInfo]:
        goes_on = after is not None and after >= prefix
        at = bisect_right(keys, after) if goes_on else bisect_left(keys, prefix)
        for number in range(at, len(keys)):
            key = keys[number]
            if not key.startswith(prefix):
                return
            yield KeyInfo(key, self._expiration(keys.shape, number), _metadata(keys.shape, number))

    def _entry(self, shape: Shape, number: int) -> Entry:
        return Entry(_value(shape, number), self._expiration(shape, number), _metadata(shape, number))

    def _expiration(self, shape: Shape, number: int) -> int | None:
        left = _SECONDS.get(_class(shape.lifetimes, number, _SILVER))
        return None if left is None else self.clock.now_ms() // 1000 + left


def _class(counts: Mapping[str, int], number: int, step: float) -> str:
    """The class of the entry ``number``: each class gets its share of them. "" without any classes."""
    rest = number * step % 1 * sum(counts.values())
    for name, count in counts.items():
        rest -= count
        if rest < 0:
            return name
    return next(reversed([*counts]), "")


def _value(shape: Shape, number: int) -> bytes:
    size = shape.bytes // max(1, shape.count)
    if len(shape.sizes) > 1:
        size = _BYTES.get(_class(shape.sizes, number, _BRONZE), shape.largest)
    size = min(size, LIMITS.value_size)
    documents = shape.count - shape.texts
    if not shape.members or _class({"": documents, "text": shape.texts}, number, _PLASTIC):
        return b"x" * size
    if shape.members.keys() <= _TYPES.keys():
        return json.dumps(_TYPES[_class(shape.members, number, _GOLDEN)]).encode()
    document = _document(shape.members, documents, number)
    short = size - len(json.dumps(document))
    if document and short > 0:
        document[next(iter(document))] += "x" * short
    return json.dumps(document).encode()


def _metadata(shape: Shape, number: int) -> str | None:
    described = shape.with_metadata
    if not _class({"": shape.count - described, "described": described}, number, _GOLDEN):
        return None
    if shape.metadata and shape.metadata.keys() <= _TYPES.keys():
        return json.dumps(_TYPES[_class(shape.metadata, number, _BRONZE)])
    return json.dumps(_document(shape.metadata, described, number))


def _document(members: Mapping[str, int], of: int, number: int) -> dict[str, str]:
    """A JSON object: each member is in its count of the ``of`` objects."""
    return {
        name: f"{number}"
        for at, (name, count) in enumerate(members.items())
        if name != "…" and (number * _SILVER + at * _GOLDEN) % 1 * of < count
    }
