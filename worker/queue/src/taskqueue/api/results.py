"""Results: stored for an hour, which completes the task.

Any JSON is a result: the daemon's form (``id``, ``status``, ``output``, ``error``, ``elapsed``) as well as
the schema's (``success``, ``output``, ``error``). A later release of the original insisted on the second and
thereby refused its own daemon (H73). Neither the task nor its lease is looked at (H39).
"""

from workers import Request

from taskqueue import keys
from taskqueue.environment import KV
from taskqueue.formats import QueueFormat
from taskqueue.javascript import truthy
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.requests.validation import read_json


async def store(queue: QueueFormat, task_id: str, request: Request) -> Reply:
    await queue.complete(task_id, await read_json(request))
    return json_reply({"success": True})


async def read(kv: KV, task_id: str) -> Reply:
    result = await kv.get(keys.result(task_id), "json")
    return json_reply(result) if truthy(result) else json_reply({"error": "Result not found"}, 404)
