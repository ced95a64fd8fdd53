"""POST /api/migrate/rollback?mode=delete with MIGRATION=safe: the guide's rollback, for who insists.

Deletes every key of the new format, what was born in it included. Only within ten minutes after a dry run,
which says what would be lost, and is remembered under the migration's own prefix.
"""

from typing import Any, Final

from taskqueue import bulk, keys, listing, platform
from taskqueue.environment import KV
from taskqueue.migration.safe.coordinated import Coordinator, turns
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.migration.safe.report import Kind
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.settings import Limits

PREFIXES: Final[dict[Kind, str]] = {"tasks": keys.NEW.tasks, "leases": keys.NEW.leases}
NAMED: Final = 100


async def dry_run(kv: KV, limits: Limits) -> Reply:
    """What would be deleted, and which tasks would be lost with it: those without an old key."""
    meter = Meter(kv, limits.budget)
    meter.reserve = 1
    found, lost, complete = 0, list[str](), True
    try:
        for prefix in PREFIXES.values():
            async for page in listing.pages(meter, prefix):
                found += len(page)
                if prefix == keys.NEW.tasks:
                    lost += await _only_new(meter, [shown.id for shown in page])
    except BudgetSpent:
        complete = False
    meter.reserve = 0
    await meter.put(keys.DRY_RUN, str(platform.now_ms()), expirationTtl=keys.DRY_RUN_TTL)
    more = "" if complete else "at least "
    return _reply(
        f"Rollback would delete {more}{found} new format keys and lose {more}{len(lost)} tasks",
        deleted=0,
        note="To delete them, ask again without dryRun within 10 minutes",
        remaining=found,
        dryRun=True,
        complete=complete,
        lost=len(lost),
        lostTasks=lost[:NAMED],
    )


async def _only_new(meter: Meter, ids: list[str]) -> list[str]:
    old = await bulk.texts(
        meter, [keys.OLD.task(id) for id in ids if len(keys.OLD.task(id).encode()) <= keys.MAX_BYTES]
    )
    return [id for id in ids if old.get(keys.OLD.task(id)) is None]


async def delete_all(kv: KV, limits: Limits, coordinator: Coordinator | None) -> Reply:
    """Delete as many keys as fit, but those that somebody writes now; 409 without a dry run before."""
    meter = Meter(kv, limits.budget)
    if await meter.get(keys.DRY_RUN) is None:
        return json_reply(_refusal(), 409)
    deleted, errors, busy, done = 0, list[str](), 0, False
    try:
        for kind, prefix in PREFIXES.items():
            async for page in listing.pages(meter, prefix):
                ids = [shown.id for shown in page]
                async with turns(coordinator, meter, kind, ids) as granted:
                    busy += len(ids) - len(granted)
                    for id in granted:
                        error = await _delete(meter, prefix + id)
                        errors += [error] if error else []
                        deleted += not error
        done = not errors and not busy
    except BudgetSpent:
        done = False
    return _reply(
        f"Rollback {'complete' if done else 'in progress'} - deleted {deleted} new format keys",
        207 if errors else 200,
        deleted=deleted,
        note="Old format keys remain intact if they still exist",
        remaining=0 if done else 1,
        dryRun=False,
        complete=done,
        done=done,
        success=not errors,
        errors=errors,
    )


async def _delete(meter: Meter, key: str) -> str | None:
    try:
        await meter.delete(key)
    except BudgetSpent:
        raise
    except Exception as error:
        return f"{key}: {error}"
    return None


def _refusal() -> dict[str, Any]:
    return {
        "success": False,
        "message": "Rollback refused - mode=delete loses tasks; ask with dryRun=true first",
        "deleted": 0,
        "note": "Without mode=delete a rollback moves every task back to the old format",
        "done": False,
        "remaining": 0,
    }


def _reply(message: str, status: int = 200, **members: Any) -> Reply:
    shape = {"success": True, "message": message, "deleted": 0, "note": "", "done": False, "errors": []}
    return json_reply({**shape, **members}, status)
