"""Time in a simulation: the loop's."""

from collections.abc import Awaitable, Callable

from harness.engine.loop import SimulatedLoop


class LoopClock:
    """The Clock of a simulation that begins at ``start`` (milliseconds since the UNIX epoch)."""

    def __init__(self, loop: SimulatedLoop, start: int) -> None:
        self._loop = loop
        self._start = start

    def now_ms(self) -> int:
        return self._start + self._loop.now_ms

    def watch(self, look: Callable[[bool], int]) -> None:
        """Have ``look`` raise when somebody waits in vain: as `SimulatedLoop.watch`, in this clock's time."""
        self._loop.watch(lambda idle: look(idle) - self._start)

    def sleep(self, seconds: float) -> Awaitable[None]:
        return self._loop.pause(round(seconds * 1000))

    def pause(self, milliseconds: int) -> Awaitable[None]:
        """Sleep so long, for those who know that their time is the loop's."""
        return self._loop.pause(milliseconds)
