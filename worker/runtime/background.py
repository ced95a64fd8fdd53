"""Work that goes on after an answer was given: what ``ctx.waitUntil`` was handed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

WAIT_UNTIL_SECONDS = 30.0  # production cancels what runs longer after the response


class Background:
    """Runs awaitables beside the server's work and keeps hold of them until they end.

    A failure goes to ``on_error`` and changes no answer that was given.
    """

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self._on_error = on_error
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Awaitable[Any]) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(_awaited(work))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_error(error)

    async def drain(self, seconds: float = WAIT_UNTIL_SECONDS) -> None:
        """Wait until all has ended; what has not after ``seconds`` is cancelled."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
