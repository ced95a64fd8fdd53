"""Which request an operation belongs to: layers count and record by it."""

from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Final

from kvstore.places import Places
from kvstore.within import Within


@dataclass(slots=True)
class Invocation:
    """One request or event that a Worker handles.

    ``connections`` are the operations that it may have on their way at a time; ``operations`` counts what it
    asked of any namespace.
    """

    name: str
    connections: Places
    operations: int = 0


# What belongs to no request has no limits.
OUTSIDE: Final = Invocation("", Places(inf))


class Invocations:
    """Tells what invocation is running, in whatever task asks; shared by the layers of one deployment.

    Each has ``connections``, None for as many as it likes.
    """

    def __init__(self, connections: int | None = None) -> None:
        self._connections = inf if connections is None else connections
        self._current: ContextVar[Invocation] = ContextVar("invocation", default=OUTSIDE)

    def current(self) -> Invocation:
        """The one that asks; OUTSIDE when none does."""
        return self._current.get()

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        return Within(self._current, Invocation(name, Places(self._connections)))
