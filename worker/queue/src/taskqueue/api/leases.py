"""Leases: claimed, renewed, released.

Durations of 1 to 59 seconds pass the check and are then refused by KV, uncaught (H53).
"""

from typing import Any

from workers import Request

from taskqueue import keys, platform
from taskqueue.formats import Claimed, QueueFormat
from taskqueue.javascript import truthy
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.requests.validation import Integer, Schema, Text, read_body

_DURATION = Integer(1, keys.LEASE_TTL_MAX)
_CLAIM: Schema = {"workerId": Text(), "leaseDurationSec": _DURATION}
_RELEASE: Schema = {"workerId": Text(), "reason": Text()}
_RENEW: Schema = {"workerId": Text(required=True, empty="Worker ID is required"), "extendSec": _DURATION}


async def claim(queue: QueueFormat, request: Request) -> Reply:
    """Lease the next free task; to have none is no error."""
    body = await read_body(request, _CLAIM)
    worker_id = body.get("workerId") or f"worker_{platform.now_ms()}"
    outcome = await queue.claim(worker_id, body.get("leaseDurationSec", keys.LEASE_TTL))
    if isinstance(outcome, Claimed):
        return json_reply(
            {"success": True, "taskId": outcome.task_id, "task": outcome.task, "lease": outcome.lease}
        )
    miss = {"success": False, "message": "No tasks available or all tasks are leased"}
    return json_reply(miss if outcome.pending is None else {**miss, "pending": outcome.pending})


async def release(queue: QueueFormat, task_id: str, request: Request) -> Reply:
    """Give a lease back; without a ``workerId`` anybody may."""
    body = await read_body(request, _RELEASE)
    lease = await queue.lease(task_id)
    if not truthy(lease):
        return json_reply({"success": True, "message": "No active lease"})
    if body.get("workerId") and body["workerId"] != _holder(lease):
        return json_reply({"error": "Not lease holder"}, 403)
    await queue.release(task_id)
    return json_reply({"success": True})


async def renew(queue: QueueFormat, task_id: str, request: Request) -> Reply:
    body = await read_body(request, _RENEW)
    lease = await queue.lease(task_id)
    if not truthy(lease) or _holder(lease) != body["workerId"]:
        return json_reply({"error": "Invalid lease or not holder"}, 403)
    renewed = await queue.renew(task_id, lease, body.get("extendSec", keys.LEASE_TTL))
    return json_reply({"success": True, "lease": renewed})


def _holder(lease: Any) -> Any:
    return lease.get("workerId") if isinstance(lease, dict) else None
