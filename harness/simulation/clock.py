"""Time in a simulation: the loop's."""

from collections.abc import Awaitable

from harness.simulation.loop import SimulatedLoop


class LoopClock:
    """The Clock of a simulation that begins at ``start`` (milliseconds since the UNIX epoch)."""

    def __init__(self, loop: SimulatedLoop, start: int) -> None:
        self._loop = loop
        self._start = start

    def now_ms(self) -> int:
        return self._start + self._loop.now_ms

    def sleep(self, seconds: float) -> Awaitable[None]:
        return self._loop.pause(round(seconds * 1000))

    def pause(self, milliseconds: int) -> Awaitable[None]:
        """Sleep so long, for those who know that their time is the loop's."""
        return self._loop.pause(milliseconds)
