"""POST /api/migrate/run with MIGRATION=safe: one step forward."""

from typing import Any

from taskqueue import platform
from taskqueue.environment import KV
from taskqueue.migration.safe import pending
from taskqueue.migration.safe.coordinated import Coordinator
from taskqueue.migration.safe.mover import Mover
from taskqueue.migration.safe.report import Step
from taskqueue.migration.safe.route import FORWARD
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.settings import Limits


async def run(kv: KV, limits: Limits, coordinator: Coordinator | None) -> Reply:
    """Take one step and answer it. What it needs to know is in the store; call again until ``done``."""
    mover = Mover(kv, FORWARD, limits, coordinator)
    await mover.take(_step)
    return json_reply(_answer(mover.step, mover.meter.used), mover.step.status)


async def _step(mover: Mover) -> None:
    await mover.load()
    await mover.verify()
    await mover.look()
    await mover.copy()
    mover.meter.reserve = 0
    if await mover.is_over():
        mover.step.done = await pending.finish(mover.meter, mover.step)


def _answer(step: Step, operations: int) -> dict[str, Any]:
    """The guide's members, all of them always, and then those of Step."""
    errors = step.errors
    return {
        "success": not errors,
        "message": _message(step),
        "tasks": step.tasks.members(),
        "leases": step.leases.members(),
        "totalMigrated": step.tasks.migrated + step.leases.migrated,
        "totalFailed": len(errors),
        "errors": errors,
        **step.members(platform.now_ms(), operations),
    }


def _message(step: Step) -> str:
    if step.errors:
        return f"Migration completed with {len(step.errors)} failures"
    if not step.done:
        return "Migration in progress - call again until done is true"
    if step.touched:
        return "Migration completed successfully"
    return "Migration not needed - already using new format"
