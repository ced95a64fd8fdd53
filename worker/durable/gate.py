"""What keeps new events from an object: work that must be done first."""

import asyncio


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
