"""An event is cached and, if it needs the orchestrator, becomes a task in the queue.

Nothing looks for an earlier delivery of the same event: a redelivery overwrites the task and, in the old
format, lists its id twice (H31).
"""

from typing import Any

from taskqueue import formats, keys, platform
from taskqueue.environment import KV, cache
from taskqueue.javascript import stringify
from taskqueue.requests import task_id
from taskqueue.requests.reply import Reply, json_reply, kv_not_configured
from taskqueue.webhooks import classification
from taskqueue.webhooks.event import Event

COMPLETION_ESTIMATE_MS = 60_000
NO_AI = "No AI binding is configured; the message was recorded and nobody will answer it."


async def accept(event: Event, env: Any) -> Reply:
    """Take ``event`` in; 200 with what became of it, 503 without a namespace.

    Raises Refusal when its id cannot be a task's, and then nothing is stored. KV's refusals pass through.
    """
    task_id.checked(event.id)
    kv = cache(env)
    if kv is None:
        return kv_not_configured()
    queue = formats.choose(env, kv)
    await remember(event, kv)
    if not event.requires_orchestrator:
        return json_reply({"eventId": event.id, "response": NO_AI, "handledBy": "workers-ai"})
    task = new_task(event)
    await queue.enqueue(task)
    return _accepted(task)


async def remember(event: Event, kv: KV) -> None:
    await kv.put(keys.event(event.id), stringify(event.members()), expirationTtl=keys.EVENT_TTL)


def new_task(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": classification.task_type(event.content),
        "source": event.source,
        "content": event.content,
        "priority": classification.priority(event.content, event.source),
        "metadata": event.metadata,
        "delegationHints": classification.delegation_hints(event.content),
        "skillHints": classification.skill_hints(event.content),
        "queuedAt": platform.now_iso(),
        "status": "pending",
    }


def _accepted(task: dict[str, Any]) -> Reply:
    targets = ", ".join(hint["target"] for hint in task["delegationHints"])
    return json_reply(
        {
            "status": "accepted",
            "eventId": task["id"],
            "message": f"Request queued. Poll /api/result/{task['id']} for result. Delegation: {targets}",
            "estimatedCompletion": platform.iso(platform.now_ms() + COMPLETION_ESTIMATE_MS),
        }
    )
