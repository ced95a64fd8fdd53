"""POST /api/migrate/rollback with MIGRATION=safe: one step back, or what a step back would do.

The tasks of the new format go back to the old one with their leases, those born in it included, and the
pending list is built anew before any of them is deleted. To delete them instead takes ``mode=delete``, and a
dry run of that in the ten minutes before.
"""

from typing import Any

from taskqueue import listing, platform
from taskqueue.environment import KV
from taskqueue.migration.safe import inventory, pending
from taskqueue.migration.safe.copying import noted_ids
from taskqueue.migration.safe.meter import Meter
from taskqueue.migration.safe.mover import Mover
from taskqueue.migration.safe.report import KINDS, Step
from taskqueue.migration.safe.route import BACK
from taskqueue.reply import Reply, json_reply
from taskqueue.settings import Limits

NOTE = "Tasks and leases are back in the old format, and the pending list names them"
UNDER_WAY = "Call again until done is true, then deploy the old format"


async def roll_back(kv: KV, limits: Limits) -> Reply:
    """Take one step back and answer it; call again until ``done``."""
    mover = Mover(kv, BACK, limits)
    await mover.take(_step)
    return json_reply(_answer(mover.step, mover.meter.used), mover.step.status)


async def _step(mover: Mover) -> None:
    await mover.load()
    await mover.verify(["leases"])
    await mover.look()
    await mover.copy()
    if mover.is_empty and not mover.full:
        mover.meter.reserve = 0
        await mover.journal.clear(mover.batches)
        mover.step.done = True
    elif mover.everything_is_noted or mover.full:
        await _list_and_verify(mover)


async def _list_and_verify(mover: Mover) -> None:
    """Name everything that was copied in the pending list; what it names may be deleted when verified."""
    mover.meter.reserve = 0
    new = await pending.addition(mover.meter, noted_ids(mover.batches, "tasks") | mover.noted["tasks"])
    missed = await listing.describe(mover.meter, BACK.prefix("tasks"), new.absent)
    if missed:  # copying was cut off, or refused
        await mover.copy_now("tasks", list(missed.values()))
        return
    await pending.add(mover.meter, new)
    # Not what was added just now: another operator may be writing the list too, and the later one wins.
    await mover.verify(["tasks"], set(new.listed))


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
