"""How often a client may call: a sliding minute, kept in KV.

One get and one put of the same key for every request that is let through, as the original has it; since KV
takes one write per second and key, two quick calls of one client collide (H25). What KV refuses lets the
request through: the original once answered 500 to everybody when its daily writes were used up. With CLAIMS
"coordinator" a Durable Object counts, and nothing is written.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from taskqueue import keys, platform, settings
from taskqueue.environment import KV, cache
from taskqueue.javascript import stringify
from taskqueue.reply import Reply, json_reply

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
