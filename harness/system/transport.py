"""The way to a Worker in this process: a request goes in, and its answer comes out, read to its end.

What a client on the other side of HTTP would see is what is given: an error of the Worker's is a 500, and a
body that fails on its way is broken off.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from harness.engine.loop import Deadlock, SimulatedLoop
from harness.model.answers import read_body
from kvstore.faults import InvocationCrashed
from kvstore.javascript.stream import ReadableStream
from worker.runtime.scheduled import ScheduledController
from worker.sdk.http.request import Request
from worker.sdk.http.response import ResponseParts

T = TypeVar("T")

# An invocation has 128 MB on the platform, for what it holds at once.
MOST_BYTES: Final = 64 * 1024 * 1024
# What a piece of a body counts at least, so that one of empty pieces has an end too.
_LEAST_PIECE: Final = 64
# Longer than any step of a migration takes; then a client gives up.
ANSWER_SECONDS: Final = 600


class Answering(Protocol):
    """A Worker, as events reach it."""

    async def fetch(self, request: Request) -> ResponseParts:
        """Answer a request. Raises InvocationCrashed and BrokenOff, and what a handler raises."""

    async def scheduled(self, controller: ScheduledController) -> None:
        """Run the scheduled handler. Raises InvocationCrashed, and what the handler raises."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is parsed JSON or text (`model/answers.py`), ``content`` its bytes. ``headers`` have their
    names in small letters.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


class BrokenOff(Exception):
    """An answer began and did not come to its end; says after how much, and why."""


class Unanswered(Deadlock):
    """A Worker does not answer a request; says which, and how long it was waited for."""

    def __init__(self, method: str, path: str, waited: str) -> None:
        super().__init__(f"the Worker does not answer {method} {path}: {waited}")


async def deliver(worker: Answering, request: Request) -> Answer:
    """What ``worker`` answers to ``request``, its background work not waited for.

    Raises InvocationCrashed and BrokenOff.
    """
    parts = await _handled(worker.fetch(request))
    if isinstance(parts, Answer):
        return parts
    body = parts.body or b""
    content = await read_to_end(aiter(body)) if isinstance(body, ReadableStream) else body
    if len(content) > MOST_BYTES:
        raise BrokenOff(_too_long(len(content)))
    headers = {name.lower(): value for name, value in parts.headers}
    return Answer(parts.status, read_body(content), headers, content)


async def trigger(worker: Answering, controller: ScheduledController) -> Answer:
    """What comes of a cron trigger: 200, or 500 with the error of the Worker's handler.

    Raises InvocationCrashed.
    """
    return await _handled(worker.scheduled(controller)) or Answer(200, None)


async def _handled(event: Awaitable[T]) -> T | Answer:
    """What a handler gives, or 500 with what it raises. Raises InvocationCrashed."""
    try:
        return await event
    except InvocationCrashed:
        raise
    except BaseException as error:
        if not _is_the_workers(error):
            raise
        said = _named(error)
        return Answer(500, said, content=said.encode("utf-8", "replace"))


async def read_to_end(pieces: Any) -> bytes:
    """All the pieces of a body, which an async generator gives, as one.

    Raises BrokenOff for one that fails, or is longer than MOST_BYTES.
    """
    found, size = [], 0
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                found.append(piece)
                size += max(len(piece), _LEAST_PIECE)
                if size > MOST_BYTES:
                    raise BrokenOff(_too_long(size))
    except (InvocationCrashed, BrokenOff):
        raise
    except BaseException as error:
        if not _is_the_workers(error):
            raise
        length = sum(map(len, found))
        raise BrokenOff(f"the answer broke off after {length:,} bytes: {_named(error)}") from error
    return b"".join(found)


def _too_long(size: int) -> str:
    return f"the answer was broken off after {size:,} bytes: more than {MOST_BYTES:,} are never read"


def _is_the_workers(error: BaseException) -> bool:
    """Whether it is a Worker's own failure, and not the end of the task that asks.

    There is no process that ``sys.exit`` could end, and nobody cancels in a simulation before its end.
    """
    if not isinstance(error, asyncio.CancelledError):
        return isinstance(error, Exception | SystemExit)
    loop = asyncio.get_running_loop()
    return isinstance(loop, SimulatedLoop) and not loop.is_ending


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
