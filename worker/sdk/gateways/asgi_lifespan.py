"""The lifespan protocol of ASGI, for applications that may not speak it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

logger = logging.getLogger("asgi")


class Lifespan:
    """Starts an application up and shuts it down again."""

    def __init__(self, app: Callable[[Any, Any, Any], Awaitable[None]]) -> None:
        self._app = app
        self._state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self._started: asyncio.Future[bool] = loop.create_future()
        self._stopped: asyncio.Future[None] = loop.create_future()
        self._task: asyncio.Future[None] | None = None

    async def startup(self) -> dict[str, Any]:
        """The state for the request. Raises RuntimeError when the application says that it could not start.

        An application that raises or returns before it answers has no lifespan, which is not an error.
        """
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.ensure_future(self._run())
        await self._started
        return dict(self._state)

    async def shutdown(self) -> None:
        """Let the application clean up. Raises RuntimeError when it says that it could not."""
        if self._started.result():
            self._inbox.put_nowait({"type": "lifespan.shutdown"})
            await self._stopped
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        try:
            await self._app(scope, self._inbox.get, self._send)
        except Exception:
            if self._started.done():
                logger.exception("Exception in ASGI lifespan application")
        if not self._started.done():
            self._started.set_result(False)
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        phase, _, outcome = message["type"].removeprefix("lifespan.").partition(".")
        future: asyncio.Future[Any] = self._started if phase == "startup" else self._stopped
        if future.done():
            return
        if outcome == "complete":
            future.set_result(True if phase == "startup" else None)
        else:
            future.set_exception(RuntimeError(message.get("message") or f"ASGI lifespan {phase} failed"))
