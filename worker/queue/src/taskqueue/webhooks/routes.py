"""Which channel a webhook path belongs to, and what happens around every channel.

No API key: channels sign their deliveries, or do not. The original switches a channel off after ten errors
within a minute of one isolate; that memory is no part of this Worker.
"""

from functools import partial
from typing import Any

from workers import Request

from taskqueue import platform
from taskqueue.requests import limiter
from taskqueue.requests.reply import Refusal, Reply, json_reply, text_reply
from taskqueue.settings import SettingError
from taskqueue.webhooks import clawdbot, discord, generic, slack, telegram, whatsapp

SOURCES = ("slack", "discord", "telegram", "whatsapp", "clawdbot", "github", "stripe")
_CHANNELS = {
    "slack": slack.receive,
    "discord": discord.receive,
    "telegram": telegram.receive,
    "whatsapp": whatsapp.receive,
    "clawdbot": clawdbot.receive,
}


async def respond(request: Request, env: Any, path: str) -> Reply:
    method = str(request.method)
    if method == "GET" and "/whatsapp" in path:
        return whatsapp.verify(request, env)
    if method != "POST":
        return text_reply("Method not allowed", 405)
    source = source_of(path)
    admission = await limiter.admit(env, source, _client(request))
    if not admission.allowed:
        return admission.refusal()
    return await _receive(request, env, source, admission)


def source_of(path: str) -> str:
    return next((source for source in SOURCES if f"/{source}" in path), "unknown")


async def _receive(request: Request, env: Any, source: str, admission: limiter.Admission) -> Reply:
    receive = _CHANNELS.get(source) or partial(generic.receive, source=source)
    try:
        reply = await receive(request, env)
    except Refusal as refusal:
        reply = refusal.reply
    except SettingError:
        raise
    except Exception:
        # The sender learns nothing of the cause; what it sends again becomes a task twice.
        request_id = f"req_{platform.now_ms()}_{platform.nonce(6)}"
        return json_reply({"error": "Internal server error", "requestId": request_id}, 500)
    return reply.with_headers(admission.headers())


def _client(request: Request) -> str:
    headers = request.headers
    forwarded = (headers.get("X-Forwarded-For") or "").split(",")[0].strip()
    return headers.get("CF-Connecting-IP") or forwarded or "unknown"
