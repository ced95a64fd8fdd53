"""A keyspace read and written in pieces: whatever its size, no more than a thousand members are in memory."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from worker.codeq import Server
from worker.codeq.servers.server import Command, checked

CHUNK = 1000  # members per command: few trips, and no command that holds up a server
STRUCTURES = ("hash", "list", "set", "zset", "stream")
PAIRS = ("hash", "zset", "stream")  # whose members come with something


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of one key, or all of it.

    ``value`` is the text of a string, the members of a structure (flat: hashes as field, value, …; zsets as
    member, score, …; streams as id, JSON of the fields and their values, …), or None for a type that has no
    form here. ``pttl`` is in milliseconds, -1 for ever.
    """

    key: str
    type: str
    value: Any
    pttl: int = -1


async def scan(server: Server, prefix: str) -> AsyncIterator[list[str]]:
    """Pages of keys under ``prefix``; a key may come twice, as SCAN says.

    MATCH with a prefix only, which is all that KVRocks knows.
    """
    cursor = "0"
    while True:
        cursor, page = await server.call("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", CHUNK)
        if page:
            yield page
        if cursor == "0":
            return


async def keys_under(server: Server, prefix: str) -> list[str]:
    """Every key under ``prefix``, once, sorted."""
    return sorted({key async for page in scan(server, prefix) for key in page})


async def delete_under(server: Server, prefix: str) -> None:
    """Takes every key under ``prefix`` away."""
    async for page in scan(server, prefix):
        await server.call("DEL", *page)


async def parts(server: Server, key: str, kind: str, chunk: int = CHUNK) -> AsyncIterator[list[str]]:
    """A key's members in chunks, flat as in ``Piece``. A hash's or a set's may come twice, as SCAN says."""
    if kind in ("hash", "set"):
        command, cursor = ("HSCAN" if kind == "hash" else "SSCAN"), "0"
        while True:
            cursor, page = await server.call(command, key, cursor, "COUNT", chunk)
            if page:
                yield page
            if cursor == "0":
                return
    if kind == "stream":
        first = "-"
        while entries := await server.call("XRANGE", key, first, "+", "COUNT", chunk):
            yield [text for entry, fields in entries for text in (entry, json.dumps(fields))]
            first = f"({entries[-1][0]}"
        return
    start = 0
    ranged: tuple[str, ...] = ("LRANGE", key) if kind == "list" else ("ZRANGE", key)
    suffix: tuple[str, ...] = () if kind == "list" else ("WITHSCORES",)
    while page := await server.call(*ranged, start, start + chunk - 1, *suffix):
        yield page
        start += chunk


async def pieces(server: Server, prefix: str) -> AsyncIterator[Piece]:
    """Everything under ``prefix``, key by key. Only reads. Raises ServerError.

    A string may come twice; a key that expires meanwhile is left out.
    """
    structures: set[str] = set()
    async for page in scan(server, prefix):
        kinds = checked(await server.pipeline([("TYPE", key) for key in page]))
        strings = [key for key, kind in zip(page, kinds, strict=True) if kind == "string"]
        asked: list[Command] = [command for key in strings for command in (("GET", key), ("PTTL", key))]
        replies = checked(await server.pipeline(asked))
        for number, key in enumerate(strings):
            value, pttl = replies[2 * number : 2 * number + 2]
            if value is not None:
                yield Piece(key, "string", value, pttl)
        for key, kind in zip(page, kinds, strict=True):
            if kind in ("string", "none") or key in structures:
                continue
            structures.add(key)
            async for piece in _structure(server, key, kind):
                yield piece


async def _structure(server: Server, key: str, kind: str) -> AsyncIterator[Piece]:
    if kind not in STRUCTURES:
        yield Piece(key, kind, None)
        return
    pttl = await server.call("PTTL", key)
    async for part in parts(server, key, kind):
        yield Piece(key, kind, part, pttl)


def written(key: str, kind: str, part: list[str]) -> list[Command]:
    """The commands that add members as ``parts`` gives them: one, but for a stream one for each entry."""
    if kind == "stream":
        pairs = zip(part[::2], part[1::2], strict=True)
        return [("XADD", key, entry, *json.loads(fields)) for entry, fields in pairs]
    if kind == "zset":
        return [("ZADD", key, *(text for at in range(0, len(part), 2) for text in (part[at + 1], part[at])))]
    name = {"hash": "HSET", "list": "RPUSH", "set": "SADD"}[kind]
    return [(name, key, *part)]


def restoring(piece: Piece) -> list[Command]:
    """The commands that write a piece behind those that came before it."""
    alive: tuple[Any, ...] = ("PX", max(piece.pttl, 1)) if piece.pttl >= 0 else ()
    if piece.type == "string":
        return [("SET", piece.key, piece.value, *alive)]
    commands = written(piece.key, piece.type, piece.value)
    return [*commands, ("PEXPIRE", piece.key, max(piece.pttl, 1))] if alive else commands
