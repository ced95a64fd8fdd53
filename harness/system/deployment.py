"""What a simulation deploys, whatever it is written in: the door to a system under test."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol

from harness.engine.loop import LoopClock
from harness.system.transport import Answering
from kvstore.layers.layer import Within
from worker.runtime.background import Background


class SystemFailed(BaseException):
    """The program that runs the Worker failed, as ``error`` says; the Worker itself gave no answer."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class NotSequential(BaseException):
    """The Worker does several things at once, which was not expected: the simulation is to begin anew."""


class Deployed(Answering, Protocol):
    """A Worker at one location. ``background`` is what it goes on with when it has answered.

    To answer it may also raise NotSequential and SystemFailed.
    """

    @property
    def background(self) -> Background: ...


class Deployable(Protocol):
    """A Worker's code without bindings."""

    def with_bindings(self, bindings: Mapping[str, Any]) -> Deployed: ...


class RunningObjects(Protocol):
    """Durable Objects that run elsewhere."""

    def begin(self, objects: Mapping[str, Any], planned: Callable[[str, str, int | None], None]) -> None:
        """They are called by these bindings of their Worker; ``planned`` is called with the class and the id
        of an object that sets its alarm, and when that rings (ms), None for never.
        """

    def deliver(
        self, event: Mapping[str, Any], body: bytes = b""
    ) -> Awaitable[tuple[Mapping[str, Any], bytes]]:
        """Let an object handle an event; awaited, what our own module is told, and the content."""

    def is_busy(self, digits: str) -> bool:
        """Whether an object handles an event."""

    def files(self, key: str, digits: str) -> Sequence[Path]:
        """Where what an object stores is, or will be."""


class Code(Protocol):
    """A Worker's code in simulations: ``code`` loads it; ``skew`` is how far the clock of the location is
    ahead (ms). ``operations`` are the KV operations of all simulations so far. ``effort`` is how many
    times as long a simulation takes as one of a Python Worker: searches that can do with fewer make fewer.
    """

    effort: int
    folder: Path
    operations: int
    skew: ContextVar[int]

    @property
    def code(self) -> Deployable: ...

    @property
    def variables(self) -> Mapping[str, object]:
        """The variables of the Worker's configuration."""

    @property
    def sources(self) -> Sequence[Path]:
        """The files of the Worker's own code, without packages and tests."""

    def durable_class(self, name: str) -> Any:
        """The class of Durable Objects of that name. Raises LoadError."""

    def running_objects(self, bindings: Mapping[str, Any]) -> RunningObjects | None:
        """What runs the Worker's Durable Objects, which see ``bindings``; None where this process does."""

    def enter(self, clock: LoopClock, seed: int, *, once: bool = True) -> None:
        """A new simulation begins: nothing is known of the one before.

        Unless it can happen only ``once``, the Worker may raise NotSequential.
        """

    def renew(self) -> bool:
        """Run the Worker in a process that is new; False where it runs in this one, and nothing else."""

    def close(self) -> None:
        """This Worker gets no more requests: end what it takes."""

    def at(self, skew: int) -> Within[int]:
        """While the block lasts, the clock is ``skew`` milliseconds ahead."""
