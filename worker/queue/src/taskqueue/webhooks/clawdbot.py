"""ClawdBot: messages of customers, unsigned, with an id that the client chooses.

The original answers frequent questions by AI; without an AI binding they become tasks like everything else.
"""

from typing import Any

from workers import Request

from taskqueue.requests.reply import Reply
from taskqueue.webhooks.event import Event, invalid, present, read_payload
from taskqueue.webhooks.producer import accept


async def receive(request: Request, env: Any) -> Reply:
    payload = read_payload(await request.text())
    if not _is_message(payload):
        raise invalid("Invalid ClawdBot payload")
    names = {name: name for name in ("channel", "user", "replyTo")}
    event = Event(
        id=f"clawdbot_{payload['id']}",
        source="clawdbot",
        type="customer_message",
        content=payload["message"],
        metadata=present(payload, {**names, "originalTimestamp": "timestamp"}),
    )
    return await accept(event, env)


def _is_message(payload: Any) -> bool:
    return (
        isinstance(payload, dict)
        and all(isinstance(payload.get(name), str) for name in ("id", "channel", "message"))
        and isinstance(payload.get("user"), dict | list)
    )
