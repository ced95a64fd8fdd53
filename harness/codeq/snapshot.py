"""A keyspace read whole: every key under a prefix with its type, content and remaining time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from worker.codeq import Server
from worker.codeq.servers.server import Command, checked

CHUNK = 1000  # members per command: few trips, and no command that holds up a server


@dataclass(frozen=True, slots=True)
class Entry:
    """One key. ``value`` is a str, a list, a sorted list (set) or a dict (hash, zset: member → score).

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

    ``taken`` is that time in epoch milliseconds where it is known: in a backup.
    """

    prefix: str
    entries: dict[str, Entry] = field(default_factory=dict)
    taken: int = 0

    def contents(self) -> dict[str, tuple[str, Any]]:
        """What is there, without the time that is left."""
        return {key: (entry.type, entry.value) for key, entry in self.entries.items()}

    def get(self, key: str, empty: Any) -> Any:
        """The key's value, or ``empty`` without the key."""
        entry = self.entries.get(key)
        return empty if entry is None else entry.value


async def scan(server: Server, prefix: str) -> AsyncIterator[list[str]]:
    """Pages of keys under ``prefix``; a key may come twice, as SCAN says.

    MATCH with a prefix only, which is all that KVRocks knows.
    """
    cursor = "0"
    while True:
        cursor, page = await server.call("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", CHUNK)
        yield page
        if cursor == "0":
            return


async def keys_under(server: Server, prefix: str) -> list[str]:
    """Every key under ``prefix``, once, sorted."""
    return sorted({key async for page in scan(server, prefix) for key in page})


async def parts(server: Server, key: str, kind: str, chunk: int = CHUNK) -> AsyncIterator[list[str]]:
    """A key's members in chunks, flat: hashes as field, value, …; zsets as member, score, …"""
    if kind in ("hash", "set"):
        command, cursor = ("HSCAN" if kind == "hash" else "SSCAN"), "0"
        while True:
            cursor, page = await server.call(command, key, cursor, "COUNT", chunk)
            if page:
                yield page
            if cursor == "0":
                return
    start = 0
    ranged: tuple[str, ...] = ("LRANGE", key) if kind == "list" else ("ZRANGE", key)
    suffix: tuple[str, ...] = () if kind == "list" else ("WITHSCORES",)
    while page := await server.call(*ranged, start, start + chunk - 1, *suffix):
        yield page
        start += chunk


def written(key: str, kind: str, part: list[str]) -> Command:
    """The command that adds a chunk as ``parts`` gives it."""
    if kind == "zset":
        return ("ZADD", key, *(text for at in range(0, len(part), 2) for text in (part[at + 1], part[at])))
    name = {"hash": "HSET", "list": "RPUSH", "set": "SADD"}[kind]
    return (name, key, *part)


async def read_snapshot(server: Server, prefix: str) -> Snapshot:
    """Everything under ``prefix``. Only reads. Raises ServerError."""
    entries: dict[str, Entry] = {}
    keys = await keys_under(server, prefix)
    for at in range(0, len(keys), CHUNK):
        page = keys[at : at + CHUNK]
        kinds = checked(await server.pipeline([("TYPE", key) for key in page]))
        strings = [key for key, kind in zip(page, kinds, strict=True) if kind == "string"]
        asked: list[Command] = [command for key in strings for command in (("GET", key), ("PTTL", key))]
        replies = checked(await server.pipeline(asked)) if asked else []
        for number, key in enumerate(strings):
            value, pttl = replies[2 * number : 2 * number + 2]
            if value is not None:  # otherwise it expired in between
                entries[key] = Entry("string", value, pttl)
        for key, kind in zip(page, kinds, strict=True):
            if kind not in ("string", "none"):
                entries[key] = await _structure(server, key, kind)
    return Snapshot(prefix, entries)


async def _structure(server: Server, key: str, kind: str) -> Entry:
    if kind not in ("hash", "list", "set", "zset"):
        return Entry(kind, None)
    flat = [text async for part in parts(server, key, kind) for text in part]
    pttl = await server.call("PTTL", key)
    if kind in ("hash", "zset"):
        return Entry(kind, dict(zip(flat[::2], flat[1::2], strict=True)), pttl)
    return Entry(kind, flat if kind == "list" else sorted(set(flat)), pttl)


async def restore(server: Server, snapshot: Snapshot) -> None:
    """Writes every entry; meant for an empty keyspace. Raises ServerError."""
    commands: list[Command] = []
    for key, entry in snapshot.entries.items():
        commands += restoring(key, entry)
        if len(commands) >= CHUNK:
            checked(await server.pipeline(commands))
            commands = []
    if commands:
        checked(await server.pipeline(commands))


def restoring(key: str, entry: Entry) -> list[Command]:
    """The commands that write one entry."""
    if entry.type == "string":
        alive: tuple[Any, ...] = ("PX", max(entry.pttl, 1)) if entry.pttl >= 0 else ()
        return [("SET", key, entry.value, *alive)]
    flat = entry.value
    if isinstance(flat, dict):
        flat = [text for pair in flat.items() for text in pair]
    step = 2 * (CHUNK // 2)
    commands = [written(key, entry.type, flat[at : at + step]) for at in range(0, len(flat), step)]
    return [*commands, ("PEXPIRE", key, entry.pttl)] if entry.pttl >= 0 else commands
