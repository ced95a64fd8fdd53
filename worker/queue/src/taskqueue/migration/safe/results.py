"""Which tasks are completed: they have a result, and are not to come back."""

from collections.abc import Sequence

from taskqueue import bulk, keys
from taskqueue.environment import KV
from taskqueue.requests import task_id


async def completed(kv: KV, ids: Sequence[str]) -> set[str]:
    """Those of ``ids`` that have a result; an id too long for a result's key can have none."""
    able = [id for id in ids if len(id.encode()) <= task_id.MAX_BYTES]
    found = await bulk.texts(kv, [keys.result(id) for id in able])
    return {id for id in able if found[keys.result(id)] is not None}
