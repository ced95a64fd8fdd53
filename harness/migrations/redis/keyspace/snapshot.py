"""A keyspace in memory: every key under a prefix with its type, content and remaining time.

For rehearsals, whose judge compares whole keyspaces. What works on a real server reads in pieces.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.pieces import CHUNK, PAIRS, STRUCTURES, Piece, pieces, restoring
from worker.codeq import Server
from worker.codeq.servers.server import Command, checked


@dataclass(frozen=True, slots=True)
class Entry:
    """One key. ``value`` is a str, a list, a sorted list (set) or a dict (hash; zset with scores; stream).

    ``pttl`` is in milliseconds, -1 for ever.
    """

    type: str
    value: Any
    pttl: int = -1

    def __len__(self) -> int:
        return 1 if self.type == "string" else len(self.value)


@dataclass(frozen=True)
class Snapshot:
    """Every key under ``prefix`` at one time, which is only true while nobody writes.

    ``taken`` is that time in epoch milliseconds, by which its times are judged; 0 where it is not known.
    """

    prefix: str
    entries: dict[str, Entry] = field(default_factory=dict)
    taken: int = 0

    def contents(self) -> dict[str, tuple[str, Any]]:
        """What is there, without the time that is left."""
        return {key: (entry.type, entry.value) for key, entry in self.entries.items()}

    def changed(self, later: "Snapshot") -> list[str]:
        """The keys whose type or value is not the same in ``later``, those of one alone too."""
        return changed(self.contents(), later.contents())

    def get(self, key: str, empty: Any) -> Any:
        """The key's value, or ``empty`` without the key."""
        entry = self.entries.get(key)
        return empty if entry is None else entry.value

    def pieces(self) -> Iterator[Piece]:
        """Its entries as they are read and written."""
        for key, entry in self.entries.items():
            if entry.type not in STRUCTURES:
                yield Piece(key, entry.type, entry.value, entry.pttl)
                continue
            flat = entry.value
            if isinstance(flat, dict):
                flat = [text for pair in flat.items() for text in pair]
            for at in range(0, len(flat), 2 * CHUNK):
                yield Piece(key, entry.type, flat[at : at + 2 * CHUNK], entry.pttl)


def changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What is not the same in both, or in one alone, by name."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def assembled(prefix: str, found: Iterable[Piece], taken: int = 0) -> Snapshot:
    """A snapshot of its pieces. Raises MigrationError for a key of two types."""
    values: dict[str, Any] = {}
    kinds: dict[str, tuple[str, int]] = {}
    for piece in found:
        if piece.key in kinds and kinds[piece.key][0] != piece.type:
            raise MigrationError(f"{piece.key} is both a {kinds[piece.key][0]} and a {piece.type}")
        kinds[piece.key] = (piece.type, piece.pttl)
        if piece.type in PAIRS:
            values.setdefault(piece.key, {}).update(zip(piece.value[::2], piece.value[1::2], strict=True))
        elif piece.type in STRUCTURES:
            values.setdefault(piece.key, []).extend(piece.value)
        else:
            values[piece.key] = piece.value
    for key, (kind, _) in kinds.items():
        if kind == "set":
            values[key] = sorted(set(values[key]))
    entries = {key: Entry(kinds[key][0], value, kinds[key][1]) for key, value in sorted(values.items())}
    return Snapshot(prefix, entries, taken)


async def read_snapshot(server: Server, prefix: str, taken: int = 0) -> Snapshot:
    """Everything under ``prefix``, as of ``taken``. Only reads. Raises ServerError."""
    return assembled(prefix, [piece async for piece in pieces(server, prefix)], taken)


async def restore(server: Server, found: Iterable[Piece]) -> None:
    """Writes every piece; meant for an empty keyspace. Raises ServerError."""
    commands: list[Command] = []
    for piece in found:
        commands += restoring(piece)
        if len(commands) >= CHUNK or piece.type != "string":
            checked(await server.pipeline(commands))
            commands = []
    checked(await server.pipeline(commands))
