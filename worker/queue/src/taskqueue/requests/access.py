"""Who may call: the ``X-API-Key`` header against the configured keys."""

import hmac
from typing import Any

from workers import Request

from taskqueue.environment import setting

HEADER = "X-API-Key"


def offered_key(request: Request) -> str:
    return request.headers.get(HEADER) or ""


def may_use_api(offered: str, env: Any) -> bool:
    """Whether ``offered`` is the queue key or the admin key; no key configured means no.

    The guide says that either key opens every route; the original's wiring of the migration accepted only
    the admin key, and its queue only the queue key.
    """
    # Both are compared in full, so that the time taken says nothing about either.
    is_queue_key = _matches(offered, setting(env, "QUEUE_API_KEY"))
    is_admin_key = _matches(offered, setting(env, "ADMIN_API_KEY"))
    return is_queue_key or is_admin_key


def may_see_health(request: Request, env: Any) -> bool:
    """Public unless MONITORING_API_KEY, or else ADMIN_API_KEY, is configured."""
    expected = setting(env, "MONITORING_API_KEY") or setting(env, "ADMIN_API_KEY")
    return expected is None or _matches(offered_key(request), expected)


def _matches(offered: str, expected: str | None) -> bool:
    return expected is not None and hmac.compare_digest(_bytes(offered), _bytes(expected))


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
