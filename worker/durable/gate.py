"""What keeps new events from an object: work that must be done first, and promises that let none in.

On the platform an object is given nothing but its result while a storage operation is under way (the input
gate): so here a promise of storage is settled when it is made.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any


class Gate:
    """Open unless somebody keeps it shut; several may at the same time."""

    def __init__(self) -> None:
        self._shut = 0
        self._opened: asyncio.Future[None] | None = None

    def shut(self) -> None:
        self._shut += 1

    def open(self) -> None:
        """Undo one `shut`."""
        self._shut -= 1
        if not self._shut and self._opened is not None:
            opened, self._opened = self._opened, None
            if not opened.done():
                opened.set_result(None)

    async def passed(self) -> None:
        """Wait until it is open; at once when it is."""
        while self._shut:
            if self._opened is None:
                self._opened = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._opened)


class Settled:
    """``value`` once awaited. ``before`` runs first: what was written until here is then committed."""

    def __init__(self, value: Any, before: Callable[[], None]) -> None:
        self.value = value
        self._before = before

    def __await__(self) -> Generator[Any, None, Any]:
        self._before()
        return self.value
        yield  # unreachable: it makes this a generator that never suspends
