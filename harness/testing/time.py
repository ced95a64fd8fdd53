"""The clock of a test: every clock that the Worker can ask shows its time, and it moves when told to."""

from datetime import UTC, datetime, timedelta
from typing import Final

from harness.testing.deployed import Deployed

_DAY_SECONDS: Final = 86_400  # nothing on the loop may take longer than a week


class TestClock:
    """``clock.advance(seconds=60)``: what expires expires, what sleeps wakes, and alarms ring."""

    __test__ = False  # pytest takes classes whose names begin with Test for tests

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def now_ms(self) -> int:
        """Milliseconds since the UNIX epoch."""
        return self._deployed.clock.now_ms()

    def now(self) -> datetime:
        """The same in UTC."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let so much time go by. Raises ValueError for less than none."""
        by = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days).total_seconds()
        if by < 0:
            raise ValueError(f"time does not go back: advance got {by:g} seconds")
        while by > 0:
            self._deployed.complete(self._wait(min(by, _DAY_SECONDS)))
            by -= _DAY_SECONDS

    async def _wait(self, seconds: float) -> None:
        await self._deployed.clock.sleep(seconds)
