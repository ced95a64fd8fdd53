"""WhatsApp: recorded as events, never tasks; whatever a signed delivery holds, the answer is OK."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from workers import Request

from taskqueue.environment import cache, setting
from taskqueue.javascript import text
from taskqueue.requests import task_id
from taskqueue.requests.reply import Reply, text_reply
from taskqueue.webhooks.event import Event, child, invalid, present, read_payload, words
from taskqueue.webhooks.producer import remember
from taskqueue.webhooks.signatures import token_is_valid, whatsapp_is_valid


def verify(request: Request, env: Any) -> Reply:
    """The subscription check: the challenge back, or 403 when the token is not the configured one."""
    query = dict(parse_qsl(urlsplit(request.url).query))
    expected = setting(env, "WHATSAPP_VERIFY_TOKEN")
    known = expected is not None and token_is_valid(query.get("hub.verify_token"), expected)
    if query.get("hub.mode") != "subscribe" or not known:
        return text_reply("Forbidden", 403)
    return text_reply(query.get("hub.challenge", ""))


async def receive(request: Request, env: Any) -> Reply:
    body = await request.text()
    secret = setting(env, "WHATSAPP_APP_SECRET")
    if secret is not None and not whatsapp_is_valid(request.headers.get("X-Hub-Signature-256"), body, secret):
        raise invalid("Unauthorized", 401)
    events = [_event(message) for message in _messages(read_payload(body))]
    for event in events:
        task_id.checked(event.id)
    kv = cache(env)
    if kv is not None:
        for event in events:
            await remember(event, kv)
    return text_reply("OK")


def _messages(payload: Any) -> Iterator[dict[str, Any]]:
    for entry in _objects(payload, "entry"):
        for change in _objects(entry, "changes"):
            yield from _objects(child(change, "value"), "messages")


def _objects(value: Any, name: str) -> list[dict[str, Any]]:
    found = value.get(name) if isinstance(value, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _event(message: dict[str, Any]) -> Event:
    return Event(
        id=f"whatsapp_{text(message.get('id'))}",
        source="whatsapp",
        type=words(message.get("type")) or "message",
        content=words(child(message, "text").get("body")),
        metadata=present(message, {"user": "from"}),
        requires_orchestrator=False,
    )
