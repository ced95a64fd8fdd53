"""How often a client may call: a sliding minute, kept in KV.

One get and one put of the same key for every request that is let through, as the original has it; since KV
takes one write per second and key, two quick calls of one client collide (H25). What KV refuses lets the
request through: the original once answered 500 to everybody when its daily writes were used up. With CLAIMS
"coordinator" a Durable Object counts in its memory, and nothing is written. Memory is lost when the object is
moved: a client may then call more often than it should, once.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from workers import DurableObject

from taskqueue import keys, platform, settings
from taskqueue.environment import KV, cache
from taskqueue.javascript import stringify
from taskqueue.requests.reply import Reply, json_reply


class RequestCounter(DurableObject):
    """One for each client that is limited; `admit` asks it."""

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


WINDOW_MS: Final = 60_000
PER_MINUTE: Final = {
    "queue": 60,
    "slack": 100,
    "discord": 100,
    "telegram": 60,
    "whatsapp": 60,
    "clawdbot": 120,
}
DEFAULT_PER_MINUTE: Final = 30


@dataclass(slots=True)
class Admission:
    """Whether a request may pass, how many more may, and when (ms) the count starts to fall."""

    allowed: bool
    remaining: int
    reset_at: int

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset_at / 1000)),
        }

    def refusal(self) -> Reply:
        """429, for an admission that is none."""
        wait = max(1, math.ceil((self.reset_at - platform.now_ms()) / 1000))
        body = {"error": "Too Many Requests", "retryAfter": wait, "resetAt": platform.iso(self.reset_at)}
        return json_reply(body, 429).with_headers({"Retry-After": str(wait), **self.headers()})


async def admit(env: Any, scope: str, client: str) -> Admission:
    """Count one request of ``client`` and say whether it may pass. Never raises."""
    limit, now = PER_MINUTE.get(scope, DEFAULT_PER_MINUTE), platform.now_ms()
    kv, key = cache(env), keys.rate_limit(scope, client)
    try:
        counter = settings.counter(env, key)
        if counter is not None:
            return await _ask(counter, limit)
        if kv is not None:
            return await _count(kv, key, limit, now)
    except Exception:
        pass  # who cannot be counted may pass
    return Admission(allowed=True, remaining=limit - 1, reset_at=now + WINDOW_MS)


async def _ask(counter: Any, limit: int) -> Admission:
    counted = await counter.count(limit, WINDOW_MS)
    reset_at = int(counted["oldest"]) + WINDOW_MS
    return Admission(bool(counted["allowed"]), limit - int(counted["recent"]), reset_at)


async def _count(kv: KV, key: str, limit: int, now: int) -> Admission:
    recent = _moments(await kv.get(key, "json"), now - WINDOW_MS)
    if len(recent) >= limit:
        return Admission(allowed=False, remaining=0, reset_at=int(min(recent)) + WINDOW_MS)
    recent.append(now)
    await kv.put(key, stringify({"requests": recent}), expirationTtl=keys.RATE_LIMIT_TTL)
    return Admission(allowed=True, remaining=limit - len(recent), reset_at=now + WINDOW_MS)


def _moments(stored: Any, since: int) -> list[float]:
    """When there was a request after ``since`` (ms), as far as ``stored`` tells."""
    found = stored.get("requests") if isinstance(stored, dict) else None
    if not isinstance(found, list):
        return []
    return [moment for moment in found if isinstance(moment, (int, float)) and moment > since]
