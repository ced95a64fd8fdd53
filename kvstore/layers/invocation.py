"""Which request an operation belongs to: layers count and record by it."""

from asyncio import CancelledError, Future, get_running_loop
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf

from kvstore.layers.layer import Within


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


@dataclass(slots=True)
class Invocation:
    """One request or event that a Worker handles.

    ``connections`` are the operations that it may have on their way at a time; ``operations`` counts what it
    asked of any namespace, and may be ``most``, and ``queries`` what of it was asked of D1.
    """

    name: str
    connections: Places
    most: float = inf
    operations: int = 0
    queries: int = 0


class Invocations:
    """Tells what invocation is running, in whatever task asks; shared by the layers of one deployment.

    Each has ``connections`` and may ask ``operations``, None for as many as it likes.
    """

    def __init__(self, connections: int | None = None, operations: int | None = None) -> None:
        self._connections = inf if connections is None else connections
        self._most = inf if operations is None else operations
        outside = Invocation("", Places(inf))  # what belongs to no request has no limits
        self._current: ContextVar[Invocation] = ContextVar("invocation", default=outside)

    def current(self) -> Invocation:
        """The one that asks; one without a name and without limits when none does."""
        return self._current.get()

    def resume(self, invocation: Invocation) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to one that has been started."""
        return Within(self._current, invocation)

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        return Within(self._current, Invocation(name, Places(self._connections), self._most))
