"""Time in a simulation: the loop's."""

from harness.simulation.loop import SimulatedLoop


class LoopClock:
    """The Clock of a simulation that begins at ``start`` (milliseconds since the UNIX epoch)."""

    def __init__(self, loop: SimulatedLoop, start: int) -> None:
        self._loop = loop
        self._start = start

    def now_ms(self) -> int:
        return self._start + self._loop.now_ms

    async def sleep(self, seconds: float) -> None:
        milliseconds = round(seconds * 1000) if seconds > 0 else 0
        if not self._loop.jump(milliseconds):
            await self._loop.pause(milliseconds)
