"""So many places, and who waits for one: what a semaphore does, in fewer steps where there is room."""

from asyncio import CancelledError, Future, get_running_loop
from collections import deque


class Places:
    """``free`` places at first, or infinitely many. Who waits is served in order."""

    def __init__(self, free: float) -> None:
        self._free = free
        self._waiting: deque[Future[None]] = deque()

    def take(self) -> bool:
        """Take a place, if one is free."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Wait for a place, and take it."""
        turn: Future[None] = get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except CancelledError:
            if not turn.cancelled():
                self.leave()  # the turn had come
            raise

    def leave(self) -> None:
        """Give a place to who waits longest, or back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
