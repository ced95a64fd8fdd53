"""How far the migration is, by the first page of each listing."""

from typing import Any

from taskqueue import keys
from taskqueue.environment import KV
from taskqueue.javascript import length, truthy


async def counters(kv: KV) -> dict[str, Any]:
    """The six counters of the guide.

    ``oldTaskCount`` is the length of whatever the pending list holds: duplicates and ids without a task
    count, and so do the characters of a string. The others stop at 1000.
    """
    pending = await kv.get(keys.PENDING, "json")
    new_tasks = await _first_page(kv, keys.NEW.tasks)
    old_leases = await _first_page(kv, keys.OLD.leases)
    new_leases = await _first_page(kv, keys.NEW.leases)
    old_tasks = length(pending)
    return {
        "oldFormatExists": pending is not None,
        "newFormatExists": new_tasks > 0,
        "oldTaskCount": old_tasks if truthy(old_tasks) else 0,
        "newTaskCount": new_tasks,
        "oldLeaseCount": old_leases,
        "newLeaseCount": new_leases,
    }


async def _first_page(kv: KV, prefix: str) -> int:
    return len((await kv.list(prefix=prefix))["keys"])
