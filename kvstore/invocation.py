"""Which request an operation belongs to: layers count and record by it."""

from contextvars import ContextVar
from dataclasses import dataclass

from kvstore.places import Places
from kvstore.within import Within


@dataclass(slots=True)
class Invocation:
    """One request or event that a Worker handles.

    ``connections`` are the operations that it may have on their way at a time, None for any number;
    ``operations`` counts what it asked of any namespace.
    """

    name: str
    connections: Places | None = None
    operations: int = 0


class Invocations:
    """Tells what invocation is running, in whatever task asks; shared by the layers of one deployment.

    Each has ``connections``, None for as many as it likes.
    """

    def __init__(self, connections: int | None = None) -> None:
        self._connections = connections
        self._current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)

    def current(self) -> Invocation | None:
        """The one that asks; None outside of any."""
        return self._current.get()

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        places = None if self._connections is None else Places(self._connections)
        return Within(self._current, Invocation(name, places))
