"""Which handler answers a path of the queue API, and what is checked before.

After the key: the rate limit (429), then the binding (503), then the route (404), then the id and the body
(400). The limit counts by the first eight characters of the caller's key, so that keys alike so far share it.
"""

from typing import Any

from workers import Request

from taskqueue import formats
from taskqueue.api import leases, results, tasks
from taskqueue.environment import KV, cache
from taskqueue.requests import limiter, task_id
from taskqueue.requests.reply import Refusal, Reply, kv_not_configured, not_found

_ON_TASK = {"release": leases.release, "renew": leases.renew, "status": tasks.set_status}


async def respond(request: Request, env: Any, path: str, key: str) -> Reply:
    """Answer a request that carries ``key``."""
    kv = cache(env)
    admission = await limiter.admit(env, "queue", f"key:{key[:8]}")
    if not admission.allowed:
        return admission.refusal()
    if kv is None:
        return kv_not_configured()
    try:
        return await _route(request, kv, formats.choose(env, kv), path)
    except Refusal as refusal:
        return refusal.reply


async def _route(request: Request, kv: KV, queue: formats.QueueFormat, path: str) -> Reply:
    match (str(request.method), path.removeprefix("/api/").split("/")):
        case ("GET", ["queue"]):
            return await tasks.list_pending(queue)
        case ("POST", ["queue", "claim"]):
            return await leases.claim(queue, request)
        case ("GET", ["queue", segment]):
            return await tasks.read(queue, task_id.from_segment(segment))
        case ("POST", ["queue", segment, action]) if action in _ON_TASK:
            return await _ON_TASK[action](queue, task_id.from_segment(segment), request)
        case ("GET", ["result", segment]):
            return await results.read(kv, task_id.from_segment(segment))
        case ("POST", ["result", segment]):
            return await results.store(queue, task_id.from_segment(segment), request)
    return not_found()
