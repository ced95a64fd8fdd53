"""Which request an operation belongs to: layers count and record by it."""

from collections.abc import Callable
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
    """Tells what invocation is running, in whatever task asks; shared by the layers of one deployment.

    ``current()`` is that, None outside of one.
    """

    def __init__(self) -> None:
        self._current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)
        # The variable's own method, since every layer asks for every operation.
        self.current: Callable[[], Invocation | None] = self._current.get

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        return Within(self._current, Invocation(name))
