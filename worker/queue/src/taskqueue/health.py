"""``/`` and ``/health``: that the Worker answers, and which queue format it is set to."""

from typing import Any

from workers import Request

from taskqueue import access, formats, platform
from taskqueue.reply import Reply, json_reply, unauthorized


def respond(request: Request, env: Any) -> Reply:
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
