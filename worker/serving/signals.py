"""How a server ends: the first SIGINT or SIGTERM asks it to, the second ends the process.

A process that was started in the background of a script ignores SIGINT until somebody listens to it, so a
server listens before it does anything else.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from types import FrameType, TracebackType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Listens for as long as its block lasts.

    The first signal cancels what `run` runs, or raises KeyboardInterrupt where nothing runs yet. At the
    second whatever is in ``at_once`` is called and the process ends, with exit code 130 or 143: nothing is
    waited for any more, whatever hangs.
    """

    def __init__(self) -> None:
        self.at_once: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._signalled = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {name: signal.signal(name, self._hear) for name in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run ``main``; after a signal until it has cleaned up, and raise KeyboardInterrupt then."""
        try:
            asyncio.run(self._run(main))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            main.close()  # where the signal came before it began

    async def _run(self, main: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.current_task()
        await main

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._signalled:
            for call in self.at_once:
                call()
            os._exit(128 + number)
        self._signalled = True
        if self._task is None:
            raise KeyboardInterrupt
        # The loop may be waiting for a connection: only a call from outside wakes it.
        self._task.get_loop().call_soon_threadsafe(self._task.cancel)
