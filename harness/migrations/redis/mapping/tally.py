"""The content of keys as numbers that can be kept: counted member by member, in whatever pages they come.

A member's number is the first eight bytes of its BLAKE2b; a key's is their sum, so that nobody has to
hold a key in memory. In lists the place counts too.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from harness.migrations.redis.keyspace.pieces import PAIRS, rounds
from harness.migrations.redis.mapping.plan import Content
from worker.codeq import Server
from worker.codeq.servers.server import checked

_UNIQUE = ("hash", "set", "zset")
_ALL = 2**64


class Tally:
    """What a key of type ``kind`` holds, of the pages that were added. Members of a set count once."""

    __slots__ = ("_seen", "_sum", "kind", "members", "twice")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.members = 0
        self.twice = 0
        self._sum = 0
        self._seen: set[int] | None = set() if kind in _UNIQUE else None

    def add(self, flat: list[str]) -> None:
        """The next page, as in `Piece`; of a string its value."""
        for member, value in units(self.kind, flat):
            if self._seen is not None:
                number = hash(member)  # Python's own: 64 bits, good within one process
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
        self._seen = None

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
    joined = "\0".join(texts).encode("utf-8", "surrogateescape")
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big")


async def contents(server: Server, keys: Mapping[str, Content], kind: str) -> dict[str, Content]:
    """What ``keys`` hold there, of those that are of that type; each comes with what it should hold."""
    kinds = checked(await server.pipeline([("TYPE", key) for key in keys]))
    tallies: dict[str, Tally] = {}
    right = [
        (key, kind, one.members) for (key, one), is_ in zip(keys.items(), kinds, strict=True) if is_ == kind
    ]
    async for found in rounds(server, right):
        for key, flat in found:
            tallies.setdefault(key, Tally(kind)).add(flat)
    return {key: tally.content for key, tally in tallies.items()}
