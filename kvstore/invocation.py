"""Which request an operation belongs to: layers count and record by it."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from kvstore.places import Places
from kvstore.within import Within


@dataclass
class Invocation:
    """One request or event that a Worker handles.

    ``operations`` counts what it asked of any namespace; ``connections`` are what it has open of those.
    """

    name: str
    operations: int = 0
    connections: Places | None = None


@dataclass(frozen=True)
class Invocations:
    """Tells what invocation is running, in whatever task asks; shared by the layers of one deployment."""

    _current: ContextVar[Invocation | None] = field(
        default_factory=lambda: ContextVar("invocation", default=None)
    )

    @property
    def current(self) -> Invocation | None:
        return self._current.get()

    def start(self, name: str) -> Within[Invocation]:
        """Operations inside the block, and in tasks that it starts, belong to a new invocation."""
        return Within(self._current, Invocation(name))
