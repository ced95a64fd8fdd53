"""A Redis server through redis-py's asyncio client."""

import re
import socket
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from kvstore.clock import Clock
from kvstore.text.address import Address
from worker.codeq.errors import ServerError
from worker.codeq.servers.server import Argument, Command

_CODE = re.compile(r"[A-Z]{4,} ")
# The kinds that redis-py tells apart; those that are kinds of others come first.
_CODES = (
    (AuthenticationError, "NOAUTH"),
    (NoPermissionError, "NOPERM"),
    (ReadOnlyError, "READONLY"),
    (OutOfMemoryError, "OOM"),
    (BusyLoadingError, "LOADING"),
    (NoScriptError, "NOSCRIPT"),
    (RedisConnectionError, "UNREACHABLE"),
    (RedisTimeoutError, "UNREACHABLE"),
)
_HINT = (
    " (the password is the address's, or else REDIS_PASSWORD's; of what --from names, first that of "
    "SOURCE_REDIS_PASSWORD)"
)
OPTIONS: dict[str, Any] = {"decode_responses": True, "encoding_errors": "surrogateescape"}


# So many commands take a millisecond where time is simulated: about what a server does.
_IN_A_MILLISECOND = 100


class RedisServer:
    """A server that ``client`` talks to. ``name`` says to people what it is.

    Commands take the time of ``clock``, None for a server that takes its own.
    """

    def __init__(self, client: Redis, name: str, clock: Clock | None = None) -> None:
        # redis-py's methods answer either at once or later, and say so in types that help nobody.
        self._client: Any = client
        # Replies as they were sent: redis-py would, for one, take KVRocks' cursors for numbers.
        self._client.response_callbacks.clear()
        self.name = name
        self._clock = clock
        self._sent = 0

    async def call(self, *command: Argument) -> Any:
        await self._take_time(1)
        try:
            return await self._client.execute_command(*command)
        except RedisError as error:
            raise _told(error) from error

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        return await self._together(commands, transaction=False)

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        return await self._together(commands, transaction=True)

    async def _together(self, commands: Sequence[Command], transaction: bool) -> list[Any]:
        if not commands:
            return []
        await self._take_time(len(commands))
        try:
            async with self._client.pipeline(transaction=transaction) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                replies = await pipe.execute(raise_on_error=False)
        except RedisError as error:
            raise _told(error) from error
        return [_told(one) if isinstance(one, RedisError) else one for one in replies]

    async def _take_time(self, commands: int) -> None:
        before, self._sent = self._sent, self._sent + commands
        passed = self._sent // _IN_A_MILLISECOND - before // _IN_A_MILLISECOND
        if self._clock is not None and passed:
            await self._clock.sleep(passed / 1000)

    async def close(self) -> None:
        await self._client.aclose()


def _told(error: RedisError) -> ServerError:
    return ServerError(
        server_text(error), next((code for kind, code in _CODES if isinstance(error, kind)), "")
    )


def server_text(error: RedisError) -> str:
    """The line that the server sent: redis-py takes known codes off its front.

    ``NOSCRIPT …`` as a plain ResponseError came as ``ERR NOSCRIPT …``, which is how KVRocks says it.
    """
    text = str(error)
    if isinstance(error, NoScriptError):
        return text if text.startswith("NOSCRIPT ") else f"NOSCRIPT {text}"
    if not isinstance(error, ResponseError):
        return text
    if text.startswith("NOSCRIPT ") or not _CODE.match(text):
        code = getattr(error, "status_code", None)
        return text if text.startswith("ERR ") else f"{code or 'ERR'} {text}"
    return text


async def connect(url: str, password: str | None = None) -> RedisServer:
    """The server at ``redis://…``, asked for its name. Raises ServerError if it does not answer.

    ``password`` is used where the URL has none; neither is in any text. RESP 2, because KVRocks 2.7 knows no
    other.
    """
    try:
        address = Address.read(url)
    except ValueError as error:
        raise ServerError(f"the Redis server has {error}") from None
    secrets = ({"password": password} if password else {}) | address.secrets
    if address.user and "password" not in secrets:
        raise ServerError(
            "the Redis server's address has one word before its @: a name takes a password too, in "
            "REDIS_PASSWORD or as name:password@, and a password takes a colon, as :password@"
        )
    try:
        # A command whose answer got lost is never sent again: a second RPUSH would be a second entry.
        client = Redis.from_url(address.url, protocol=2, retry=Retry(NoBackoff(), 0), **OPTIONS | secrets)
    except ValueError as error:
        raise ServerError(f"{address.url}: {error}") from None
    server = RedisServer(client, address.url)
    try:
        await server.call("PING")
        info = await _info(server)
    except TypeError as error:  # the address has an option that redis-py does not know
        raise ServerError(f"{address.url}: {error}") from None
    except ServerError as error:
        await server.close()
        raise ServerError(f"{address.url}: {error}{_hint(address, error)}", error.code) from error
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    if fields.get("redis_mode") == "sentinel":
        await server.close()
        raise ServerError(
            f"{address.url} is a Sentinel, which has no keys: ask it for the primary that it watches "
            "(SENTINEL GET-MASTER-ADDR-BY-NAME), and name that"
        )
    server.name = f"{_product(fields)} at {address.url}"
    return server


async def _info(server: RedisServer) -> str:
    """What the server says of itself; nothing where this user may not ask."""
    try:
        said: str = await server.call("INFO", "server")
    except ServerError as error:
        if error.code != "NOPERM":
            raise
        return ""
    return said


def _hint(address: Address, error: ServerError) -> str:
    """What is probably wrong where the server's own words do not say it."""
    if error.code == "NOAUTH":
        return _HINT
    reason = error.__cause__.__context__ if error.__cause__ is not None else None
    refused = isinstance(reason, ConnectionRefusedError | socket.gaierror)
    if error.code != "UNREACHABLE" or refused:
        return ""
    if address.url.startswith("rediss:"):
        return " (does it speak TLS, with a certificate that is known here? Without TLS it is redis://)"
    return " (does it speak TLS? Then its address begins with rediss://)"


def _product(fields: dict[str, str]) -> str:
    for field, product in (("kvrocks_version", "KVRocks"), ("valkey_version", "Valkey")):
        if field in fields:
            return f"{product} {fields[field]}"
    return f"Redis {fields.get('redis_version', 'of unknown version')}"
