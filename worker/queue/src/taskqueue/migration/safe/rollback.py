"""POST /api/migrate/rollback with MIGRATION=safe: one step back, or what a step back would do.

The tasks of the new format go back to the old one with their leases, those born in it included, and the
pending list is built anew before any of them is deleted. To delete them instead takes ``mode=delete``, and a
dry run of that in the ten minutes before.
"""

from typing import Any

from taskqueue import platform
from taskqueue.environment import KV
from taskqueue.migration.safe import inventory, pending
from taskqueue.migration.safe.coordinated import Coordinator
from taskqueue.migration.safe.meter import Meter
from taskqueue.migration.safe.mover import Mover
from taskqueue.migration.safe.report import KINDS, Step
from taskqueue.migration.safe.route import BACK
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.settings import Limits

NOTE = "Tasks and leases are back in the old format, and the pending list names them"
UNDER_WAY = "Call again until done is true, then deploy the old format"


async def roll_back(kv: KV, limits: Limits, coordinator: Coordinator | None) -> Reply:
    """Take one step back and answer it; call again until ``done``."""
    mover = Mover(kv, BACK, limits, coordinator)
    await mover.take(_step)
    return json_reply(_answer(mover.step, mover.meter.used), mover.step.status)


async def _step(mover: Mover) -> None:
    await mover.load()
    await mover.verify(["leases"])
    await mover.look()
    await mover.copy()
    mover.meter.reserve = 0
    if mover.full or mover.tasks_seen <= mover.tasks_on_their_way:
        listed = await pending.Listed.read(mover.meter)
        # Not what is added now: another operator may be writing the list too, and the later one wins.
        await mover.verify(["tasks"], set(listed.ids))
        mover.meter.reserve = 0
        await _name(mover, listed)  # rehearse: allow lost-update, the later of two operators wins
    mover.step.done = await mover.is_over()


async def _name(mover: Mover, listed: pending.Listed) -> None:
    """Name in the list what was copied, in one order: not before everything is that was noted."""
    new = await pending.addition(mover.meter, listed, mover.tasks_on_their_way)
    failed = mover.noted["tasks"].intersection(new.absent)
    missed = await mover.copy_missed([id for id in new.absent if id not in failed])
    if failed or missed:
        mover.step.wait_until(platform.now_ms())
    else:
        await pending.add(mover.meter, listed, new)


def _answer(step: Step, operations: int) -> dict[str, Any]:
    """The guide's members, ``deleted`` of this step, and then those of a run."""
    errors = step.errors
    return {
        "success": not errors,
        "message": _message(step),
        "deleted": step.deleted,
        "note": NOTE if step.done else UNDER_WAY,
        "dryRun": False,
        "tasks": step.tasks.members(),
        "leases": step.leases.members(),
        "errors": errors,
        **step.members(platform.now_ms(), operations),
    }


def _message(step: Step) -> str:
    if step.errors:
        return f"Rollback completed with {len(step.errors)} failures"
    if step.done:
        return f"Rollback complete - deleted {step.deleted} new format keys"
    return f"Rollback in progress - deleted {step.deleted} new format keys"


async def dry_run(kv: KV, limits: Limits) -> Reply:
    """What a rollback would move. Writes nothing."""
    meter = Meter(kv, limits.budget)
    counts = {}
    for kind in KINDS:
        found = await inventory.take(meter, BACK.prefix(kind), set(), 0, max(2, limits.budget // 3))
        counts[kind] = found
    tasks, leases = counts["tasks"], counts["leases"]
    message = f"Rollback would move {tasks.total} tasks and {leases.total} leases back to the old format"
    return json_reply(
        {
            "success": True,
            "message": message,
            "deleted": 0,
            "note": "Nothing was changed",
            "dryRun": True,
            "tasks": tasks.total,
            "leases": leases.total,
            "done": False,
            "remaining": 2 * (tasks.total + leases.total),
            "complete": tasks.complete and leases.complete,
        }
    )
