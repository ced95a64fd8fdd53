"""The content of keys as numbers that can be kept: counted member by member, in whatever pages they come.

A member's number is the first eight bytes of its BLAKE2b; a key's is their sum, so that nobody has to
hold a key in memory. In lists the place counts too.
"""

from collections.abc import Iterator
from hashlib import blake2b

from harness.migrations.redis.keyspace.pieces import PAIRS, parts
from harness.migrations.redis.plan import Content
from worker.codeq import Server
from worker.codeq.servers.server import checked

_UNIQUE = ("hash", "set", "zset")
_ALL = 2**64


class Tally:
    """What a key of type ``kind`` holds, of the pages that were added. Members of a set count once."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.members = 0
        self.twice = 0
        self._sum = 0
        self._seen: set[int] = set()

    def add(self, flat: list[str]) -> None:
        """The next page, as in `Piece`; of a string its value."""
        for member, value in units(self.kind, flat):
            number = _number(member)
            if self.kind in _UNIQUE:
                if number in self._seen:
                    self.twice += 1
                    continue
                self._seen.add(number)
            place = str(self.members) if self.kind == "list" else value
            if self.kind == "zset":
                place = repr(float(value))  # servers write one score in several ways: 1, 1.0, 1e0
            self._sum = (self._sum + _number(self.kind, member, place)) % _ALL
            self.members += 1

    def close(self) -> None:
        """It is complete, and needs no memory any more."""
        self._seen = set()

    @property
    def content(self) -> Content:
        return Content(self.members, self._sum)


def units(kind: str, flat: list[str]) -> Iterator[tuple[str, str]]:
    """Each member with what comes with it: a field's value, a score, the fields of an entry."""
    if kind in PAIRS:
        yield from zip(flat[::2], flat[1::2], strict=True)
    else:
        yield from ((one, "") for one in flat)


def flattened(kind: str, found: list[tuple[str, str]]) -> list[str]:
    """Members as a `Piece` of that type has them."""
    return [text for pair in found for text in pair] if kind in PAIRS else [one for one, _ in found]


def _number(*texts: str) -> int:
    joined = b"\0".join(text.encode("utf-8", "surrogateescape") for text in texts)
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big")


async def contents(server: Server, keys: list[str], kind: str) -> list[Content | None]:
    """What each of ``keys`` holds there; None where there is none, or one of another type."""
    if kind == "string":
        values = await server.pipeline([("GET", key) for key in keys])
        return [_string(value) for value in values]
    kinds = checked(await server.pipeline([("TYPE", key) for key in keys]))
    found: list[Content | None] = []
    for key, there in zip(keys, kinds, strict=True):
        if there != kind:
            found.append(None)
            continue
        tally = Tally(kind)
        async for page in parts(server, key, kind):
            tally.add(page)
        found.append(tally.content)
    return found


def _string(value: object) -> Content | None:
    if not isinstance(value, str):
        return None
    tally = Tally("string")
    tally.add([value])
    return tally.content
