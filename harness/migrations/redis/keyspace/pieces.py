"""A keyspace read and written in pieces: whatever its size, no more than a thousand members are in memory."""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kvstore.clock import stopwatch
from worker.codeq import Server
from worker.codeq.servers.server import Command, checked

CHUNK = 1000  # members per command: few trips, and no command that holds up a server
STRUCTURES = ("hash", "list", "set", "zset", "stream")
PAIRS = ("hash", "zset", "stream")  # whose members come with something
# How many members a key of each type has, and all of them.
COUNT = {
    "hash": "HLEN",
    "zset": "ZCARD",
    "list": "LLEN",
    "set": "SCARD",
    "stream": "XLEN",
    "string": "EXISTS",
}
_READ: dict[str, Callable[[str], Command]] = {
    "hash": lambda key: ("HGETALL", key),
    "zset": lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"),
    "list": lambda key: ("LRANGE", key, 0, -1),
    "set": lambda key: ("SMEMBERS", key),
    "stream": lambda key: ("XRANGE", key, "-", "+"),
    "string": lambda key: ("GET", key),
}


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

    MATCH with a prefix only, which is all that KVRocks knows: up to what has a meaning in a pattern.
    """
    plain, cursor = re.split(r"[\\*?\[]", prefix, maxsplit=1)[0], "0"
    while True:
        cursor, found = await server.call("SCAN", cursor, "MATCH", f"{plain}*", "COUNT", CHUNK)
        page = [key for key in found if key.startswith(prefix)]
        if page:
            yield page
        if cursor == "0":
            return


async def keys_under(server: Server, prefix: str) -> list[str]:
    """Every key under ``prefix``, once, sorted."""
    return sorted({key async for page in scan(server, prefix) for key in page})


async def anything_under(server: Server, prefix: str) -> bool:
    """Whether there is any key under ``prefix``."""
    async for _ in scan(server, prefix):
        return True
    return False


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
            yield flattened(kind, entries)
            first = f"({entries[-1][0]}"
        return
    start = 0
    ranged: tuple[str, ...] = ("LRANGE", key) if kind == "list" else ("ZRANGE", key)
    suffix: tuple[str, ...] = () if kind == "list" else ("WITHSCORES",)
    while page := await server.call(*ranged, start, start + chunk - 1, *suffix):
        yield page
        start += chunk


async def rounds(
    server: Server, keys: Sequence[tuple[str, str, int]], chunk: int = CHUNK
) -> AsyncIterator[list[tuple[str, list[str]]]]:
    """Members of ``keys``, each with its type and how many it has: flat as in ``Piece``, ``chunk`` at a time.

    Small keys come together, in one trip; a large one comes alone, in parts. A string's value is its only
    member. A key that is not there does not come. Only reads. Raises ServerError.
    """
    small: list[tuple[str, str]] = []
    size = 0
    for key, kind, members in keys:
        if members > chunk:
            async for part in parts(server, key, kind, chunk):
                yield [(key, part)]
            continue
        if size + members > chunk:
            yield await _whole(server, small)
            small, size = [], 0
        small.append((key, kind))
        size += members
    if small:
        yield await _whole(server, small)


async def _whole(server: Server, keys: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    replies = checked(await server.pipeline([_READ[kind](key) for key, kind in keys]))
    found = [(key, flattened(kind, reply)) for (key, kind), reply in zip(keys, replies, strict=True)]
    return [(key, flat) for key, flat in found if flat]


def flattened(kind: str, reply: Any) -> list[str]:
    """What a server answers for members of a key of this type, flat as in ``Piece``."""
    if kind == "string":
        return [] if reply is None else [reply]
    if kind == "stream":
        return [text for entry, fields in reply for text in (entry, json.dumps(fields))]
    flat: list[str] = reply
    return flat


async def pieces(server: Server, prefix: str) -> AsyncIterator[Piece]:
    """Everything under ``prefix``, a key's pieces one after the other. Only reads. Raises ServerError.

    A string may come twice; a key that expires meanwhile is left out.
    """
    known: set[str] = set()
    async for page in scan(server, prefix):
        kinds = checked(await server.pipeline([("TYPE", key) for key in page]))
        types = {key: kind for key, kind in zip(page, kinds, strict=True) if kind != "none"}
        for key, kind in types.items():
            if kind not in COUNT:
                yield Piece(key, kind, None)
        here = [(key, kind) for key, kind in types.items() if kind in COUNT and key not in known]
        known |= {key for key, kind in here if kind != "string"}
        asked = [command for key, kind in here for command in (("PTTL", key), (COUNT[kind], key))]
        replies, asked_at = checked(await server.pipeline(asked)), stopwatch()
        ends = {key: pttl for (key, _), pttl in zip(here, replies[::2], strict=True)}
        sized = [(key, kind, count) for (key, kind), count in zip(here, replies[1::2], strict=True) if count]
        async for found in rounds(server, sized):
            for key, flat in found:
                value = flat[0] if types[key] == "string" else flat
                left = ends[key]
                if left > 0:  # what has passed since it was asked for
                    left = max(left - round((stopwatch() - asked_at) * 1000), 0)
                yield Piece(key, types[key], value, left)


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


async def existing(server: Server, keys: Sequence[str]) -> set[str]:
    """Those of ``keys`` that exist: one command for each thousand of which none does."""
    found: set[str] = set()
    for at in range(0, len(keys), CHUNK):
        page = keys[at : at + CHUNK]
        count = await server.call("EXISTS", *page)
        if count == len(set(page)):
            found |= set(page)
        elif count:
            replies = checked(await server.pipeline([("EXISTS", key) for key in page]))
            found |= {key for key, exists in zip(page, replies, strict=True) if exists}
    return found
