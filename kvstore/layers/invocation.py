"""Which request an operation belongs to: layers count and record by it."""

from contextvars import ContextVar
from dataclasses import dataclass
from math import inf

from kvstore.layers.places import Places
from kvstore.layers.within import Within


@dataclass(slots=True)
class Invocation:
    """One request or event that a Worker handles.

    ``connections`` are the operations that it may have on their way at a time; ``operations`` counts what it
    asked of any namespace, and may be ``most``.
    """

    name: str
    connections: Places
    most: float = inf
    operations: int = 0


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

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        return Within(self._current, Invocation(name, Places(self._connections), self._most))
