"""The ASGI lifespan of an app that has nothing to begin."""

from collections.abc import Awaitable, Callable

from starlette.types import Receive, Send


async def answer_lifespan(
    receive: Receive, send: Send, end: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Confirm startup, and shutdown once ``end`` is done; returns after the shutdown."""
    while True:
        message = await receive()
        is_last = message["type"] == "lifespan.shutdown"
        if is_last and end is not None:
            await end()
        await send({"type": message["type"] + ".complete"})
        if is_last:
            return
