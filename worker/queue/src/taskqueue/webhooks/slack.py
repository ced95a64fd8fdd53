"""Slack's Events API.

Without an AI binding and a bot token there is nobody to answer simple queries: every message becomes a task.
The guide's own example has no ``user``. The original takes that for a bot and drops it, against the guide's
word; here only ``bot_id`` marks a bot.
"""

from typing import Any

from workers import Request

from taskqueue import platform
from taskqueue.environment import setting
from taskqueue.javascript import text, truthy
from taskqueue.requests.reply import Reply, json_reply, text_reply
from taskqueue.webhooks.event import Event, invalid, present, read_payload, words
from taskqueue.webhooks.producer import accept
from taskqueue.webhooks.signatures import slack_is_valid


async def receive(request: Request, env: Any) -> Reply:
    """Checked in this order: JSON, signature, URL verification, event, bot."""
    body = await request.text()
    payload = read_payload(body)
    _check_signature(request, env, body)
    if isinstance(payload, dict) and payload.get("type") == "url_verification":
        return _verify_url(payload.get("challenge"))
    message = payload.get("event") if isinstance(payload, dict) else None
    if not isinstance(message, dict) or truthy(message.get("bot_id")):
        return text_reply("OK")
    return await accept(_event(payload, message), env)


def _check_signature(request: Request, env: Any, body: str) -> None:
    secret = setting(env, "SLACK_SIGNING_SECRET")
    if secret is None:
        return
    headers = request.headers
    signature, timestamp = headers.get("x-slack-signature"), headers.get("x-slack-request-timestamp")
    if not slack_is_valid(signature, timestamp, body, secret):
        raise invalid("Invalid signature", 401)


def _verify_url(challenge: Any) -> Reply:
    if not truthy(challenge):
        return json_reply({"ok": False, "error": "Invalid challenge"})
    return json_reply({"ok": True, "challenge": challenge})


def _event(payload: dict[str, Any], message: dict[str, Any]) -> Event:
    moment = message.get("ts")
    metadata = {
        **present(message, {"user": "user"}),
        "channel": words(message.get("channel")),
        "channelName": "unknown",
        **present(message, {"threadTs": "thread_ts"}),
        **present(payload, {"teamId": "team_id"}),
        "rule": None,
    }
    return Event(
        id=f"slack_{text(moment) if truthy(moment) else platform.now_ms()}",
        source="slack",
        type=words(message.get("type")) or "message",
        content=words(message.get("text")),
        metadata=metadata,
    )
