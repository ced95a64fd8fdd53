"""A server that behaves like KVRocks 2.7, which codeQ's own Helm chart installs.

What is different from Redis, and what it breaks:

    no RENAME, RENAMENX, COPY, DUMP     the guide's recommended ways to migrate
    ERR NOSCRIPT …                      codeQ's claim: it only knows the answer without ERR
    SRANDMEMBER n: the first n          lease repair: behind 200 live leases, nothing is ever repaired
    TTL rounds down                     (Redis rounds to the nearest second)
    SCAN MATCH with a prefix only       inventories by other patterns
    ERR Invalid argument: WRONGTYPE …   whoever reads the text
"""

from collections.abc import Sequence
from typing import Any

from worker.codeq.errors import ServerError
from worker.codeq.servers.server import Argument, Command, Passing

VERSION = "2.7.0"
_MISSING = {"RENAME", "RENAMENX", "COPY", "DUMP"}


class Kvrocks27(Passing):
    """``inner``, behaving as KVRocks 2.7."""

    @property
    def name(self) -> str:
        return f"KVRocks {VERSION} (profile) on {self._inner.name}"

    async def call(self, *command: Argument) -> Any:
        _refuse(command)
        try:
            return _answer(command, await self._inner.call(*_asked(command)))
        except ServerError as error:
            raise _error(error) from error

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        refusals = [_refusal(command) for command in commands]
        known = [_asked(command) for command, no in zip(commands, refusals, strict=True) if no is None]
        replies = iter(await self._inner.pipeline(known))
        return [
            no if no is not None else _answer(command, next(replies))
            for command, no in zip(commands, refusals, strict=True)
        ]

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        if any(_refusal(command) is not None for command in commands):
            raise ServerError("EXECABORT Transaction discarded")
        replies = await self._inner.transaction([_asked(command) for command in commands])
        return [_answer(command, reply) for command, reply in zip(commands, replies, strict=True)]


def _words(command: Command) -> list[str]:
    return [word.upper() if isinstance(word, str) else "" for word in command]


def _refuse(command: Command) -> None:
    refusal = _refusal(command)
    if refusal is not None:
        raise refusal


def _refusal(command: Command) -> ServerError | None:
    words = _words(command)
    if words[0] in _MISSING:
        return ServerError(f"ERR unknown command `{words[0]}`")
    if words[0] == "SCAN" and "MATCH" in words:
        pattern = str(command[words.index("MATCH") + 1])
        if not pattern.endswith("*"):
            return ServerError("ERR only keys prefix match was supported")
    return None


def _asked(command: Command) -> Command:
    """The command that the inner server is sent for it."""
    words = _words(command)
    if words[0] == "SRANDMEMBER" and len(command) == 3:
        return ("SMEMBERS", command[1])
    if words[0] == "TTL":
        return ("PTTL", command[1])
    if words[0] == "SCAN" and "MATCH" in words:
        # A prefix is matched letter by letter: *, ? and [ in it are not wildcards.
        at = words.index("MATCH") + 1
        literal = "".join(f"\\{c}" if c in "*?[]\\^" else c for c in str(command[at])[:-1])
        return (*command[:at], f"{literal}*", *command[at + 1 :])
    return command


def _answer(command: Command, reply: Any) -> Any:
    """What the inner server answered, as this one would have."""
    if isinstance(reply, ServerError):
        return _error(reply)
    name = _words(command)[0]
    if name == "SRANDMEMBER" and len(command) == 3:
        return sorted(reply, key=lambda member: member.encode("utf-8", "surrogateescape"))[: int(command[2])]
    if name == "TTL":
        return reply if reply < 0 else reply // 1000
    if name == "INFO":
        return f"# Server\r\nredis_version:4.0.0\r\nkvrocks_version:{VERSION}\r\n"
    return reply


def _error(error: ServerError) -> ServerError:
    text = str(error)
    if text.startswith("NOSCRIPT "):
        return ServerError(f"ERR {text}", error.code)
    if text.startswith("WRONGTYPE "):
        return ServerError(f"ERR Invalid argument: {text}", error.code)
    return error
