"""Which part of the Worker answers a request."""

from typing import Any
from urllib.parse import urlsplit

from workers import Request

from taskqueue import api, formats, migration, platform, webhooks
from taskqueue.requests import access
from taskqueue.requests.reply import Reply, json_reply, text_reply, unauthorized
from taskqueue.settings import SettingError


async def respond(request: Request, env: Any) -> Reply:
    """Answer ``request``.

    A KV exception in /api/queue or /api/result is not caught: it is the platform's 500, as in the original.
    """
    path = urlsplit(request.url).path
    try:
        if path in ("/", "/health"):
            return _health(request, env)
        if path.startswith("/api/"):
            return await _dispatch_api(request, env, path)
        if path.startswith("/webhook/"):
            return await webhooks.respond(request, env, path)
    except SettingError as error:
        return json_reply({"error": str(error)}, 500)
    return text_reply("Not found", 404)


def _health(request: Request, env: Any) -> Reply:
    """That the Worker answers, and which queue format it is set to."""
    if not access.may_see_health(request, env):
        return unauthorized()
    return json_reply(
        {
            "status": "ok",
            "service": "orchestrator-hub",
            "queueFormat": formats.configured(env),
            "timestamp": platform.now_iso(),
        }
    )


async def _dispatch_api(request: Request, env: Any, path: str) -> Reply:
    key = access.offered_key(request)
    if not access.may_use_api(key, env):
        return unauthorized()
    if path.startswith(("/api/queue", "/api/result")):
        return await api.respond(request, env, path, key)
    if path.startswith("/api/migrate"):
        return await migration.respond(request, env, path)
    return text_reply("Not found", 404)
