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
        found = {id: None for layout in self.layouts for id in await listing.ids(self.kv, layout.tasks)}
        if keys.OLD in self.layouts:
            listed = pending_ids(await self.kv.get(keys.PENDING))
            found |= dict.fromkeys(await stray_ids(self.kv, [id for id in listed if id not in found]))
        return list(found)

    async def claim(self, worker_id: str, seconds: int) -> Claimed | NothingToClaim:
        return await self.claims.claim_from(await self.pending(), worker_id, seconds)

    async def task(self, task_id: str) -> Any:
        """The stored task; None without one, and for what is no JSON."""
        for layout in self.layouts:
            text = await self.kv.get(layout.task(task_id))
            if text is not None:
                return _parsed(text)
        return None

    async def set_status(self, task_id: str, status: str) -> bool:
        for layout in self.layouts:
            if not await self._set_status_in(layout, task_id, status):
                continue
            if layout is keys.OLD:
                # The migration may have copied the task meanwhile, and then its copy is the one that counts.
                await self._set_status_in(keys.NEW, task_id, status)
            return True
        return False

    async def _set_status_in(self, layout: keys.Layout, task_id: str, status: str) -> bool:
        """Write the task again, in its place, to end when it would have ended; KV gives a minute at least."""
        stored = await self.kv.getWithMetadata(layout.task(task_id), "text")
        task = None if stored["value"] is None else _parsed(stored["value"])
        if not isinstance(task, dict) or not truthy(task):
            return False
        task |= {"status": status, "updatedAt": platform.now_iso()}
        options = await self._lifetime(layout, task_id)
        if stored["metadata"] is not None:
            options["metadata"] = stored["metadata"]
        await self.kv.put(layout.task(task_id), stringify(task), **options)
        return True

    async def _lifetime(self, layout: keys.Layout, task_id: str) -> dict[str, Any]:
        shown = (await listing.describe(self.kv, layout.tasks, [task_id])).get(task_id)
        if shown is None:  # too young for a listing that lags
            return {"expirationTtl": keys.TASK_TTL}
        if shown.ends_within(keys.LEAST_TTL, platform.now_ms()):
            return {"expirationTtl": keys.LEAST_TTL}
        return {} if shown.expiration is None else {"expiration": shown.expiration}

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
    known = [id for id in newest if _can_be_a_key(keys.OLD.task(id))]
    found = await bulk.texts(kv, [keys.OLD.task(id) for id in known])
    return [id for id in known if found[keys.OLD.task(id)] is not None]


def _can_be_a_key(name: str) -> bool:
    try:
        return len(name.encode()) <= keys.MAX_BYTES
    except UnicodeEncodeError:
        return False


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None
