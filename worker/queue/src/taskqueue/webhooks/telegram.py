"""Telegram: recorded as an event, never a task, since its events do not ask for the orchestrator."""

from typing import Any

from workers import Request

from taskqueue.environment import setting
from taskqueue.javascript import text
from taskqueue.requests.reply import Reply, text_reply
from taskqueue.webhooks.event import Event, child, invalid, present, read_payload, words
from taskqueue.webhooks.producer import accept
from taskqueue.webhooks.signatures import token_is_valid


async def receive(request: Request, env: Any) -> Reply:
    expected = setting(env, "TELEGRAM_SECRET_TOKEN")
    offered = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
    if expected is not None and not token_is_valid(offered, expected):
        raise invalid("Unauthorized", 401)
    update = read_payload(await request.text())
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise invalid("Invalid Telegram update")
    message = child(update, "message")
    if not words(message.get("text")):
        return text_reply("OK")
    return await accept(_event(update["update_id"], message), env)


def _event(update_id: int, message: dict[str, Any]) -> Event:
    metadata = {
        **present(child(message, "chat"), {"chatId": "id"}),
        **present(child(message, "from"), {"user": "id"}),
        **present(message, {"messageId": "message_id"}),
    }
    return Event(
        id=f"telegram_{update_id}_{text(message.get('message_id'))}",
        source="telegram",
        type="message",
        content=message["text"],
        metadata=metadata,
        requires_orchestrator=False,
    )
