"""The migration as it is documented, from the old format to the new: faults included.

This is what a rehearsal is for, so nothing here is mended: one page of every listing (H01, H02), tasks before
their leases (H35), fresh TTLs and no metadata (H49, H54), a value re-serialised (H55), a read that is merely
truthy taken for verification (H20), the pending list deleted although tasks failed (H10), a fatal error that
counts as no failure (H13), and a rollback that deletes what the run has moved (H45).
"""

from dataclasses import dataclass, field
from typing import Any, Final

from taskqueue import keys, platform
from taskqueue.environment import KV
from taskqueue.javascript import JsError, iterate, stringify, text, truthy

LEASE_TTL_MIN: Final = 60


@dataclass(slots=True)
class Phase:
    """What became of the tasks, or of the leases: a section of the answer."""

    migrated: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)

    def fail(self, what: str, why: str) -> None:
        self.failed += 1
        self.errors.append(f"{what}: {why}")

    def members(self) -> dict[str, Any]:
        return {"migrated": self.migrated, "failed": self.failed, "errors": self.errors}


async def is_needed(kv: KV) -> bool:
    """Whether the pending list exists; old tasks and leases without it do not count (H17)."""
    return await kv.get(keys.PENDING) is not None


async def move_tasks(kv: KV) -> Phase:
    """Move every task on the pending list, then delete the list if any was moved. Never raises."""
    phase = Phase()
    try:
        pending = await kv.get(keys.PENDING, "json")
        for listed in iterate(pending if truthy(pending) else [], "oldPending"):
            await _move_task(kv, text(listed), phase)
        if phase.migrated > 0:
            await kv.delete(keys.PENDING)
    except Exception as error:
        phase.errors.append(f"Fatal: {error}")
    return phase


async def _move_task(kv: KV, task_id: str, phase: Phase) -> None:
    old_key = keys.OLD.task(task_id)
    try:
        task = await kv.get(old_key, "json")
        if not truthy(task):
            phase.fail(f"Task {task_id}", "not found in old queue")
            return
        await _put_verified(kv, keys.NEW.task(task_id), task, keys.TASK_TTL, "key")
        await kv.delete(old_key)
        phase.migrated += 1
    except Exception as error:
        phase.fail(f"Task {task_id}", str(error))


async def move_leases(kv: KV) -> Phase:
    """Move the first page of the old leases; one without a value is passed over. Never raises."""
    phase = Phase()
    try:
        page = await kv.list(prefix=keys.OLD.leases)
        for listed in page["keys"]:
            await _move_lease(kv, listed["name"], listed.get("expiration"), phase)
    except Exception as error:
        phase.errors.append(f"Fatal: {error}")
    return phase


async def _move_lease(kv: KV, old_key: str, expiration: int | None, phase: Phase) -> None:
    try:
        lease = await kv.get(old_key, "json")
        if not truthy(lease):
            return
        new_key = keys.NEW.lease(old_key.removeprefix(keys.OLD.leases))
        await _put_verified(kv, new_key, lease, _remaining_ttl(expiration), "lease key")
        await kv.delete(old_key)
        phase.migrated += 1
    except Exception as error:
        phase.fail(f"Lease {old_key}", str(error))


def _remaining_ttl(expiration: int | None) -> int:
    if not expiration:
        return keys.LEASE_TTL
    return max(int(expiration) - platform.now_ms() // 1000, LEASE_TTL_MIN)


async def _put_verified(kv: KV, key: str, value: Any, ttl: int, what: str) -> None:
    await kv.put(key, stringify(value), expirationTtl=ttl)
    if not await kv.get(key):
        raise JsError("Error", f"Failed to verify new {what} write")


async def roll_back(kv: KV) -> int:
    """Delete the first page of new tasks and of new leases; how many keys that were."""
    tasks = await kv.list(prefix=keys.NEW.tasks)
    leases = await kv.list(prefix=keys.NEW.leases)
    deleted = 0
    for listed in [*tasks["keys"], *leases["keys"]]:
        await kv.delete(listed["name"])
        deleted += 1
    return deleted
