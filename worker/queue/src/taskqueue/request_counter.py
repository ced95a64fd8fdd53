"""The request counter: a Durable Object for each client that is limited, which counts in its memory.

A counter in KV is written with every request, and KV takes one write a second of a key (H25). Memory is lost
when the object is moved: a client may then call more often than it should, once.
"""

from typing import Any

from workers import DurableObject

from taskqueue import platform


class RequestCounter(DurableObject):
    """Called by `taskqueue.limiter`."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._moments: list[int] = []

    async def count(self, limit: int, window: int) -> dict[str, Any]:
        """Count a request unless there were ``limit`` in the last ``window`` ms.

        ``allowed``; ``recent``, how many there are now; ``oldest``, when (ms) the first of them was.
        """
        now = platform.now_ms()
        self._moments = [moment for moment in self._moments if moment > now - window]
        allowed = len(self._moments) < limit
        if allowed:
            self._moments.append(now)
        return {"allowed": allowed, "recent": len(self._moments), "oldest": self._moments[0]}
