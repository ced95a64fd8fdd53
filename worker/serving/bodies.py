"""Request bodies: read up to a limit, and refused as soon as it is known that they are larger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

# For how long what a client still sends is read and dropped. Most send everything before they listen, and a
# connection that is closed under them is a broken one, not an answer.
_LINGER_SECONDS: Final = 5.0


class BodyTooLarge(Exception):
    """The body is larger than it may be; the message names its announced length, or how much came so far."""


def _in_words(size: int, most: int) -> str:
    return f"Request body of {size} bytes exceeds limit of {most}."


def body_parts(scope: Scope, receive: Receive, most: int) -> AsyncIterator[bytes] | None:
    """The body as it comes, of at most ``most`` bytes; None for a request without one.

    Raises BodyTooLarge at once when the announced length is larger, else from the iterator, as it raises
    ClientDisconnect.
    """
    announced = _announced(scope)
    if announced > most:
        raise BodyTooLarge(_in_words(announced, most))
    chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    return _parts(receive, most) if announced or chunked else None


async def _parts(
    receive: Receive,
    most: int,
    too_large: Callable[[int, int], str] = _in_words,
    counting: float | None = None,
) -> AsyncIterator[bytes]:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size > most:
            rest = await _drop(receive, counting) if more and counting is not None else 0
            raise BodyTooLarge(too_large(size + rest, most))
        if part:
            yield part


async def read_body(
    scope: Scope,
    receive: Receive,
    most: int,
    too_large: Callable[[int, int], str] = _in_words,
    counting: float = 0,
) -> bytes:
    """The whole body, of at most ``most`` bytes; ``too_large`` words the message of the error.

    Raises BodyTooLarge before anything is read when the announced length is larger, else as soon as more than
    ``most`` bytes came, or once the rest has been counted, for at most ``counting`` seconds. `answer_unread`
    answers then. Raises ClientDisconnect when the sender goes.
    """
    announced = _announced(scope)
    if announced > most:
        raise BodyTooLarge(too_large(announced, most))
    parts = [part async for part in _parts(receive, most, too_large, counting)]
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _drop(receive: Receive, seconds: float) -> int:
    """Read on for that long at most, and keep nothing; gives how many bytes came."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (message := await receive()).get("more_body", False):
                size += len(message["body"])
            size += len(message.get("body", b""))
    return size


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value[:20]) if value.isdigit() else 0  # a longer one is too large anyway
    return 0


async def answer_unread(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send ``response`` though the request may not have been read to its end.

    The answer goes out at once. What the client still sends is dropped, for five seconds at most, and the
    connection is closed.
    """
    if not any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]):
        await response(scope, receive, send)
        return
    headers = [*response.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _drop(receive, _LINGER_SECONDS)
    await send({"type": "http.response.body", "body": b""})
