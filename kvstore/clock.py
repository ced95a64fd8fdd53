"""Time comes from here and from nowhere else."""

from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter, process_time, time_ns  # taken now: a Worker's runtime puts its own into `time`
from typing import Protocol


class Clock(Protocol):
    """Where a store, a binding or a rehearsal gets its time."""

    def now_ms(self) -> int:
        """Milliseconds since the UNIX epoch."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait, in this clock's time; to be awaited at once."""
        ...


class SystemClock:
    """The machine's time."""

    def now_ms(self) -> int:
        return time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        import asyncio  # here, as it is slow to import, and a supervisor of processes never sleeps

        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until it is advanced.

    ``now`` is the first reading in milliseconds since the UNIX epoch. Sleeping moves the clock and returns
    at once, so that nothing that uses it ever waits.
    """

    def __init__(self, now: int = 0) -> None:
        self._now = now

    def now_ms(self) -> int:
        return self._now

    def set(self, now: int) -> None:
        self._now = now

    def advance(self, milliseconds: int) -> None:
        self._now += milliseconds

    async def sleep(self, seconds: float) -> None:
        self.advance(round(seconds * 1000))
        import asyncio

        await asyncio.sleep(0)


class MovableClock:
    """The machine's time, plus what it is advanced by; sleepers wake earlier for that.

    ``ahead`` is how far it is ahead of the machine, in milliseconds.
    """

    def __init__(self) -> None:
        from asyncio import Event

        self.ahead = 0
        self._moved = Event()

    def now_ms(self) -> int:
        return time_ns() // 1_000_000 + self.ahead

    def advance(self, milliseconds: int) -> None:
        from asyncio import Event

        self.ahead += milliseconds
        self._moved.set()
        self._moved = Event()

    async def sleep(self, seconds: float) -> None:
        from asyncio import wait_for

        until = self.now_ms() + round(seconds * 1000)
        while (left := until - self.now_ms()) > 0:
            with suppress(TimeoutError):
                await wait_for(self._moved.wait(), left / 1000)


def stopwatch() -> float:
    """Seconds on a clock that only goes forward: for durations, never for dates."""
    return perf_counter()


def core_seconds() -> float:
    """Seconds for which this process has kept a core busy, whatever others do at the same time."""
    return process_time()


def duration(seconds: float) -> str:
    """How long something takes, for people: in the unit that fits."""
    minutes, hours = seconds / 60, seconds / 3600
    if seconds < 120:
        return f"{seconds:.0f} s"
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{hours:,.0f} h" if hours < 72 else f"{hours / 24:,.0f} days"


def iso(milliseconds: int) -> str:
    """``2026-11-22T00:00:00.000Z``: ISO 8601 in UTC with milliseconds, as toISOString gives it."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
