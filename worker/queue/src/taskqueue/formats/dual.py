"""Both formats at once, for the time of a migration: reads either, writes tasks and leases in the new one.

From its deployment on the old format can only shrink. The pending list is read and never written: an id
without a task does no harm here. With the new layout alone it is the new format with careful claims.
"""

from typing import Any, Final

from taskqueue import bulk, keys, listing, platform
from taskqueue.environment import KV
from taskqueue.formats.careful import CarefulClaims
from taskqueue.formats.protocol import Claimed, NothingToClaim, Object
from taskqueue.javascript import parse, stringify, truthy
from taskqueue.listing import Shown

# How many of the newest listed ids are looked up, in case a listing lags behind.
NEWEST: Final = bulk.KEYS_PER_GET


class DualFormat:
    """The queue in the new format with, unless ``layouts`` says otherwise, the old one beside it."""

    def __init__(self, kv: KV, layouts: tuple[keys.Layout, ...] = (keys.NEW, keys.OLD)) -> None:
        self.kv = kv
        self.layouts = layouts
        self.claims = CarefulClaims(kv, layouts)

    async def enqueue(self, task: Object) -> None:
        await self.kv.put(keys.NEW.task(task["id"]), stringify(task), expirationTtl=keys.TASK_TTL)

    async def pending(self) -> list[str]:
        """Every id once: those of the new format, then the rest, each in the order of its bytes."""
        # What is moved between two listings is in the new format by then; on the way back the pending list
        # names it before it goes.
        shown = {layout: await listing.ids(self.kv, layout.tasks) for layout in reversed(self.layouts)}
        found = {id: None for layout in self.layouts for id in shown[layout]}
        if keys.OLD in self.layouts:
            listed = pending_ids(await self.kv.get(keys.PENDING))
            found |= dict.fromkeys(await stray_ids(self.kv, [id for id in listed if id not in found]))
        return list(found)

    async def claim(self, worker_id: str, seconds: int) -> Claimed | NothingToClaim:
        return await self.claims.claim_from(await self.pending(), worker_id, seconds)

    async def task(self, task_id: str) -> Any:
        """The stored task; None without one, and for what is no JSON."""
        # Both at once: between two reads it may be moved.
        found = await bulk.texts(self.kv, [layout.task(task_id) for layout in self.layouts])
        text = next((text for text in found.values() if text is not None), None)
        return None if text is None else _parsed(text)

    async def set_status(self, task_id: str, status: str) -> bool:
        """Write the task again wherever it is, the old format first.

        While it is copied some see it in one format only. So what the old one has is never behind, and the
        migration can tell a copy that is.
        """
        stored = {
            layout: await self.kv.getWithMetadata(layout.task(task_id), "text") for layout in self.layouts
        }
        there = {layout: found for layout, found in stored.items() if _work(found["value"]) is not None}
        if not there:
            return False
        task = _work(next(iter(there.values()))["value"])
        body = stringify({**(task or {}), "status": status, "updatedAt": platform.now_iso()})
        lifetimes = await self._lifetimes(task_id)
        for layout in reversed(there):
            metadata = there[layout]["metadata"]
            options = lifetimes[layout] if metadata is None else {**lifetimes[layout], "metadata": metadata}
            await self.kv.put(layout.task(task_id), body, **options)
        return True

    async def _lifetimes(self, task_id: str) -> dict[keys.Layout, dict[str, Any]]:
        """For each format how the task is to end when it would have ended; KV gives a minute at least.

        A copy that is too young for a listing ends with its original.
        """
        shown = {
            layout: (await listing.describe(self.kv, layout.tasks, [task_id])).get(task_id)
            for layout in self.layouts
        }
        known = next((one for one in shown.values() if one is not None), None)
        return {layout: _lifetime(one or known) for layout, one in shown.items()}

    async def lease(self, task_id: str) -> Any:
        return await self.claims.strongest_lease(task_id)

    async def release(self, task_id: str) -> None:
        for layout in self.layouts:
            await self.kv.delete(layout.lease(task_id))

    async def renew(self, task_id: str, lease: Object, seconds: int) -> Object:
        """Leaves the lease in the new format only."""
        now = platform.now_ms()
        renewed = {**lease, "expiresAt": platform.iso(now + seconds * 1000), "renewedAt": platform.iso(now)}
        await self.claims.put_lease(task_id, renewed, seconds)
        for layout in self.layouts[1:]:
            await self.kv.delete(layout.lease(task_id))
        return renewed

    async def complete(self, task_id: str, result: Any) -> None:
        await self.kv.put(keys.result(task_id), stringify(result), expirationTtl=keys.RESULT_TTL)
        for layout in self.layouts:
            await self.kv.delete(layout.task(task_id))
            await self.kv.delete(layout.lease(task_id))


def pending_ids(text: str | None) -> list[str]:
    """The texts in the pending list, each once, in order; nothing when it is no array."""
    listed = None if text is None else _parsed(text)
    return list(dict.fromkeys(id for id in listed if isinstance(id, str))) if isinstance(listed, list) else []


async def stray_ids(kv: KV, unlisted: list[str], most: int = NEWEST) -> list[str]:
    """Which of the ``most`` newest of these ids have a task in the old format all the same.

    What a listing that lags may hide was written last, and so stands at the end of the pending list.
    """
    newest = unlisted[-most:] if most > 0 else []
    found = await bulk.texts(kv, [keys.OLD.task(id) for id in newest])
    return [id for id in newest if found[keys.OLD.task(id)] is not None]


def _lifetime(shown: Shown | None) -> dict[str, Any]:
    if shown is None:  # too young for a listing that lags
        return {"expirationTtl": keys.TASK_TTL}
    if shown.ends_within(keys.LEAST_LEFT, platform.now_ms()):
        return {"expirationTtl": keys.LEAST_TTL}
    return {} if shown.expiration is None else {"expiration": shown.expiration}


def _work(text: str | None) -> Object | None:
    """The task in a body; None for what is none, or nothing by JavaScript's rules."""
    task = None if text is None else _parsed(text)
    return task if isinstance(task, dict) and truthy(task) else None


def _parsed(text: str) -> Any:
    try:
        # Read one by one a value keeps its byte order mark, and loses it among many.
        return parse(text.removeprefix("\ufeff"))
    except ValueError:
        return None
