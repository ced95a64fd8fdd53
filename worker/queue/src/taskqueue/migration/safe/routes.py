"""The endpoints of the safe migration."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from taskqueue import settings
from taskqueue.environment import KV
from taskqueue.migration.safe import deletion, rollback
from taskqueue.migration.safe.coordinated import Coordinator
from taskqueue.migration.safe.run import run
from taskqueue.migration.safe.status import status
from taskqueue.requests.reply import Reply, json_reply


async def respond(kv: KV, env: Any, path: str, url: str) -> Reply:
    """Answer a request whose method fits its path. KV's refusals of a status or a dry run pass through."""
    limits = settings.limits(env)
    match path.rsplit("/", 1)[1]:
        case "status":
            return await status(kv, limits)
        case "run":
            return await run(kv, limits, settings.migration_coordinator(env))
        case _:
            query = parse_qs(urlsplit(url).query)
            return await _roll_back(kv, limits, settings.migration_coordinator(env), query)


async def _roll_back(
    kv: KV, limits: settings.Limits, coordinator: Coordinator | None, query: dict[str, list[str]]
) -> Reply:
    """``dryRun=true`` says what would happen, ``mode=delete`` deletes; any other value is refused."""
    dry, mode = query.get("dryRun", ["false"])[-1], query.get("mode", ["move"])[-1]
    if dry not in ("true", "false") or mode not in ("move", "delete"):
        return json_reply({"success": False, "error": "dryRun is true or false, mode is move or delete"}, 400)
    if mode == "delete":
        if dry == "true":
            return await deletion.dry_run(kv, limits)
        return await deletion.delete_all(kv, limits, coordinator)
    if dry == "true":
        return await rollback.dry_run(kv, limits)
    return await rollback.roll_back(kv, limits, coordinator)
