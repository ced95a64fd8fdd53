"""The three endpoints of the migration, with the answers that the guide shows; MIGRATION says of which one.

No rate limit. What KV refuses outside the two phases of a run is answered with 500 and the text of the
exception; a rollback may have deleted part of the keys by then (H47).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from workers import Request

from taskqueue import settings
from taskqueue.environment import KV, cache
from taskqueue.migration import documented
from taskqueue.migration.documented import Phase
from taskqueue.migration.safe import routes as safe
from taskqueue.migration.status import counters
from taskqueue.requests.reply import Reply, json_reply, kv_not_configured, not_found


async def respond(request: Request, env: Any, path: str) -> Reply:
    kv = cache(env)
    if kv is None:
        return kv_not_configured()
    endpoint = _ENDPOINTS.get((str(request.method), path))
    if endpoint is None:
        return not_found()
    try:
        if settings.migration(env) == "safe":
            return await safe.respond(kv, env, path, request.url)
        return await endpoint(kv)
    except Exception as error:
        return json_reply({"success": False, "error": str(error)}, 500)


async def _status(kv: KV) -> Reply:
    status = await counters(kv)
    needed = status["oldFormatExists"]
    recommendation = "Run migration to move to new format" if needed else "Already using new format"
    return json_reply(
        {"success": True, "status": status, "needsMigration": needed, "recommendation": recommendation}
    )


async def _run(kv: KV) -> Reply:
    if not await documented.is_needed(kv):
        return json_reply(
            {
                "success": True,
                "message": "Migration not needed - already using new format",
                "tasks": Phase().members(),
                "leases": Phase().members(),
            }
        )
    tasks = await documented.move_tasks(kv)
    leases = await documented.move_leases(kv)
    return _report(tasks, leases)


def _report(tasks: Phase, leases: Phase) -> Reply:
    failed = tasks.failed + leases.failed
    return json_reply(
        {
            "success": failed == 0,
            "message": f"Migration completed with {failed} failures"
            if failed
            else "Migration completed successfully",
            "tasks": tasks.members(),
            "leases": leases.members(),
            "totalMigrated": tasks.migrated + leases.migrated,
            "totalFailed": failed,
            "errors": tasks.errors + leases.errors,
        },
        207 if failed else 200,
    )


async def _rollback(kv: KV) -> Reply:
    deleted = await documented.roll_back(kv)
    return json_reply(
        {
            "success": True,
            "message": f"Rollback complete - deleted {deleted} new format keys",
            "deleted": deleted,
            "note": "Old format keys remain intact if they still exist",
        }
    )


_ENDPOINTS: dict[tuple[str, str], Callable[[KV], Awaitable[Reply]]] = {
    ("GET", "/api/migrate/status"): _status,
    ("POST", "/api/migrate/run"): _run,
    ("POST", "/api/migrate/rollback"): _rollback,
}
