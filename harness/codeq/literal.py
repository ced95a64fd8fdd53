"""The guide's own words, tried as they stand: what the server answers, and what to do instead.

Everything happens under a prefix of its own and is removed afterwards.
"""

from dataclasses import asdict, dataclass
from typing import Any

from harness.codeq.snapshot import keys_under
from worker.codeq import Server, ServerError

PREFIX = "understudy:literal:"


@dataclass(frozen=True, slots=True)
class Attempt:
    """``words`` of the guide, the server's ``answer`` or what came of it, and what to do ``instead``."""

    words: str
    worked: bool
    answer: str
    instead: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def literal(server: Server) -> list[Attempt]:
    """Tries them on ``server``. Raises ServerError only if it cannot be reached."""
    try:
        return [
            await _renamenx(server),
            await _dump_restore(server),
            await _add_before_delete(server),
            await _delete_before_add(server),
        ]
    finally:
        left = await keys_under(server, PREFIX)
        if left:
            await server.call("DEL", *left)


async def _renamenx(server: Server) -> Attempt:
    await server.call("RPUSH", f"{PREFIX}a", "1")
    answer = await _try(server, "RENAMENX", f"{PREFIX}a", f"{PREFIX}b")
    instead = "copy by reading and writing: rehearse codeq migrate does so on this server by itself"
    return _attempt("RENAMENX per key", answer, instead)


async def _dump_restore(server: Server) -> Attempt:
    await server.call("RPUSH", f"{PREFIX}c", "1")
    answer = await _try(server, "DUMP", f"{PREFIX}c")
    if not isinstance(answer, ServerError):
        answer = "a payload"
    return _attempt(
        "DUMP/RESTORE per key",
        answer,
        "copy by reading and writing. Where DUMP exists: RESTORE needs the PTTL, as 0 means no end (H4)",
    )


async def _add_before_delete(server: Server) -> Attempt:
    key = f"{PREFIX}inprog"
    await server.call("DEL", key)
    await server.call("RPUSH", key, "a", "b")
    ids = await server.call("LRANGE", key, 0, -1)
    answer = await _try(server, "SADD", key, *ids)
    return _attempt(
        "LRANGE + SADD + DEL on one key",
        answer,
        "rehearse codeq convert: one script reads, deletes and adds, with nobody in between",
    )


async def _delete_before_add(server: Server) -> Attempt:
    """The other order runs, unless the program ends between its commands, as it does here."""
    key = f"{PREFIX}inprog"
    await server.call("DEL", key)
    await server.call("RPUSH", key, "a", "b")
    await server.call("LRANGE", key, 0, -1)
    await server.call("DEL", key)
    left = await server.call("EXISTS", key)
    answer = "cut off after DEL: the ids are in no queue and nowhere else" if not left else "nothing lost"
    return Attempt(
        "LRANGE + DEL + SADD on one key", bool(left), answer, "rehearse codeq convert, which is one command"
    )


async def _try(server: Server, *command: str) -> Any:
    try:
        return await server.call(*command)
    except ServerError as error:
        return error


def _attempt(words: str, answer: Any, instead: str) -> Attempt:
    failed = isinstance(answer, ServerError)
    return Attempt(words, not failed, str(answer), instead if failed else "")
