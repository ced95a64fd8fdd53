"""Many values in one KV operation."""

from collections.abc import Sequence
from typing import Final

from taskqueue.environment import KV
from taskqueue.keys import can_exist

KEYS_PER_GET: Final = 100


async def texts(kv: KV, keys: Sequence[str]) -> dict[str, str | None]:
    """The values of ``keys`` as text, None for a missing one; an operation for every hundred keys.

    What can be no key is missing: KV would refuse the others with it. Text is not bytes: what is not UTF-8
    reads as U+FFFD, and a byte order mark may be left out.
    """
    found: dict[str, str | None] = dict.fromkeys(keys)
    able = [key for key in keys if can_exist(key)]
    for start in range(0, len(able), KEYS_PER_GET):
        found |= await _some(kv, able[start : start + KEYS_PER_GET])
    return found


async def _some(kv: KV, keys: Sequence[str]) -> dict[str, str | None]:
    try:
        answer = await kv.get(list(keys), "text")
    except Exception as error:
        # More than 25 MiB in all are refused, however few the keys.
        if " 413 " not in str(error) or len(keys) == 1:
            raise
        half = len(keys) // 2
        return await _some(kv, keys[:half]) | await _some(kv, keys[half:])
    return {key: answer[key] for key in keys}
