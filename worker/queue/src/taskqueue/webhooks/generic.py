"""GitHub, Stripe and every unknown sender: any JSON becomes a task, unsigned.

The original leaves "simple" queries, texts that begin with a greeting or a question word, to an AI; JSON text
never begins with one, so none is simple here.
"""

from typing import Any

from workers import Request

from taskqueue import platform
from taskqueue.javascript import stringify
from taskqueue.requests.reply import Reply
from taskqueue.webhooks.event import Event, read_payload
from taskqueue.webhooks.producer import accept


async def receive(request: Request, env: Any, source: str) -> Reply:
    payload = read_payload(await request.text(), "Invalid JSON payload")
    event_id = f"evt_{platform.now_ms()}_{platform.nonce(9)}"
    return await accept(Event(event_id, source, "raw", stringify(payload), {}), env)
