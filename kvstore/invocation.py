"""Which request an operation belongs to: layers count and record by it."""

from contextvars import ContextVar
from dataclasses import dataclass

from kvstore.places import Places
from kvstore.within import Within


@dataclass(slots=True)
class Invocation:
    """One request or event that a Worker handles.

    ``operations`` counts what it asked of any namespace; ``connections`` are what it has open of those.
    """

    name: str
    operations: int = 0
    connections: Places | None = None


class Invocations:
    """Tells what invocation is running, in whatever task asks; shared by the layers of one deployment."""

    def __init__(self) -> None:
        self._current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)

    def current(self) -> Invocation | None:
        """The one that asks; None outside of any."""
        return self._current.get()

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        return Within(self._current, Invocation(name))
