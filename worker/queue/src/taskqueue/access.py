"""Who may call: the ``X-API-Key`` header against the configured keys."""

import hmac
from typing import Any

from workers import Request

from taskqueue.environment import setting

API_KEYS = ("QUEUE_API_KEY", "ADMIN_API_KEY")
HEADER = "X-API-Key"


def offered_key(request: Request) -> str:
    return request.headers.get(HEADER) or ""


def may_use_api(offered: str, env: Any) -> bool:
    """Whether ``offered`` is the queue key or the admin key; no key configured means no.

    The guide says that either key opens every route; the original's wiring of the migration accepted only
    the admin key, and its queue only the queue key.
    """
    return _matches(offered, [setting(env, name) for name in API_KEYS])


def may_see_health(request: Request, env: Any) -> bool:
    """Public unless MONITORING_API_KEY, or else ADMIN_API_KEY, is configured."""
    expected = setting(env, "MONITORING_API_KEY") or setting(env, "ADMIN_API_KEY")
    return expected is None or _matches(offered_key(request), [expected])


def _matches(offered: str, expected: list[str | None]) -> bool:
    # Every key is compared in full, so that the time taken says nothing about any of them.
    return True in [_equal(offered, key) for key in expected if key]


def _equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
