"""Tasks: listed, read, given a status."""

from typing import Any

from workers import Request

from taskqueue.formats import QueueFormat
from taskqueue.javascript import length, truthy
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.requests.validation import Schema, Text, read_body

_STATUS: Schema = {"status": Text(required=True, empty="Status is required")}


async def list_pending(queue: QueueFormat) -> Reply:
    pending = await queue.pending()
    body: dict[str, Any] = {"pending": pending}
    count = length(pending)
    if count is not None:
        body["count"] = count
    return json_reply(body)


async def read(queue: QueueFormat, task_id: str) -> Reply:
    task = await queue.task(task_id)
    return json_reply(task) if truthy(task) else _task_not_found()


async def set_status(queue: QueueFormat, task_id: str, request: Request) -> Reply:
    """Any text is a status; claiming does not change it."""
    body = await read_body(request, _STATUS)
    if not await queue.set_status(task_id, body["status"]):
        return _task_not_found()
    return json_reply({"success": True, "status": body["status"]})


def _task_not_found() -> Reply:
    return json_reply({"error": "Task not found"}, 404)
