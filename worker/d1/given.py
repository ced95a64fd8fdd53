"""Time and chance for SQL: ``datetime('now')`` and ``random()`` of a simulation are the simulation's."""

from typing import Any, Final

import apsw

from kvstore.clock import Clock
from kvstore.entropy import Entropy

# Milliseconds from the beginning of the Julian calendar's days to the UNIX epoch.
_EPOCH: Final = 210_866_760_000_000


class GivenTime(apsw.VFS):
    """SQLite's way to the machine, but for the time, which is that of ``clock``."""

    def __init__(self, clock: Clock) -> None:
        self.name = f"given-time-{id(self)}"
        super().__init__(self.name, "")
        self._clock = clock

    def xCurrentTimeInt64(self) -> int:
        return self._clock.now_ms() + _EPOCH


def give_chance(connection: apsw.Connection, entropy: Entropy) -> None:
    """Let SQL's random functions ask ``entropy``."""

    def random(*_: Any) -> int:
        return int.from_bytes(entropy.token(8), "big", signed=True)

    def randomblob(*sizes: Any) -> bytes:
        return entropy.token(max(1, int(sizes[0] or 0)))

    connection.create_scalar_function("random", random, 0)
    connection.create_scalar_function("randomblob", randomblob, 1)
