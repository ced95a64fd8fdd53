"""Proof that nobody writes: a keyspace read twice, and what is different the second time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.migrations.redis.keyspace.pieces import Piece, pieces
from worker.codeq import Server


@dataclass
class Fingerprint:
    """A number for the content of each structure, and one for each string; about 100 bytes for each key.

    The numbers are Python's own hashes of 64 bits: good for comparing within one process, and nowhere else.
    """

    structures: dict[str, int] = field(default_factory=dict)
    strings: dict[str, int] = field(default_factory=dict)

    def add(self, piece: Piece) -> None:
        """The next piece. A list's and a zset's order counts; a hash's and a set's does not."""
        if piece.type == "string":
            self.strings[piece.key] = hash(piece.value)
            return
        known = self.structures.get(piece.key, hash(piece.type))
        if piece.type == "hash":
            members = zip(piece.value[::2], piece.value[1::2], strict=True)
            self.structures[piece.key] = (known + sum(map(hash, members))) % 2**64
        elif piece.type == "set":
            self.structures[piece.key] = (known + sum(map(hash, piece.value))) % 2**64
        else:
            self.structures[piece.key] = hash((known, *(piece.value or ())))

    def changed(self, later: "Fingerprint") -> list[str]:
        """Keys that are not what they were. A string that is gone has expired, which is not a write."""
        was, now = self.structures, later.structures
        found = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
        return sorted(found | {key for key, one in later.strings.items() if self.strings.get(key) != one})


async def fingerprint(server: Server, prefix: str, *also: Callable[[Piece], None]) -> Fingerprint:
    """Reads everything under ``prefix``; ``also`` are given each piece too. Raises ServerError."""
    found = Fingerprint()
    async for piece in pieces(server, prefix):
        found.add(piece)
        for each in also:
            each(piece)
    return found
