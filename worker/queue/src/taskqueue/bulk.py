"""Many values in one KV operation."""

from collections.abc import Sequence
from typing import Final

from taskqueue.environment import KV

KEYS_PER_GET: Final = 100


async def texts(kv: KV, keys: Sequence[str]) -> dict[str, str | None]:
    """The values of ``keys`` as text, None for a missing one; an operation for every hundred keys.

    Text is not bytes: what is not UTF-8 reads as U+FFFD, and a byte order mark may be left out.
    """
    found: dict[str, str | None] = {}
    for start in range(0, len(keys), KEYS_PER_GET):
        found |= await _some(kv, keys[start : start + KEYS_PER_GET])
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
