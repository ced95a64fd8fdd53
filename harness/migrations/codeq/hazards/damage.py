"""Hazards in the data: ids and records that are not what codeQ takes them for."""

import json

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.hazards.hazard import Hazards, Seen
from harness.migrations.codeq.hazards.stage import COMMAND, INPROG, PENDING, Stage
from harness.migrations.codeq.legacy_state import parse

HAZARDS = Hazards()


@HAZARDS.hazard("codeq/H4", "a lease is missing, over, or without an end")
async def _lease_missing(stage: Stage) -> Seen:
    task_id = await stage.first(INPROG)
    await stage.call("DEL", legacy.LEASE + task_id)
    found = await stage.migrate_found("codeq/H4")
    await stage.claim()
    task = parse(await stage.call("HGET", stage.keys.tasks, task_id))
    again = task is not None and task.attempts == 1 and task.status == "PENDING"
    what = "the next claim counts an attempt and delays the task while its worker is still at it"
    return Seen(what if again else "", found)


@HAZARDS.hazard("codeq/H5", "a finished task is still in progress")
async def _finished_in_progress(stage: Stage) -> Seen:
    state = await stage.state()
    task_id = next(
        one for one, task in state.parsed.items() if task.status == "COMPLETED" and task.command == COMMAND
    )
    await stage.call("LPUSH", INPROG, task_id)
    found = await stage.migrate_found("codeq/H5")
    await stage.claim()
    queued = await stage.call("LRANGE", stage.keys.pending(COMMAND, 0), 0, -1)
    return Seen("a claim puts the finished task back into pending:0" * (task_id in queued), found)


@HAZARDS.hazard("codeq/H6", "an id twice in a list")
async def _duplicate(stage: Stage) -> Seen:
    task_id = await stage.first(PENDING)
    await stage.call("RPUSH", PENDING, task_id)
    found = await stage.migrate_found("codeq/H6")
    await stage.claim()
    await stage.finish(task_id)
    again = await stage.claim()
    twice = again.status_code == 200 and again.json()["id"] == task_id
    return Seen("the completed task is handed out a second time" * twice, found)


@HAZARDS.hazard("codeq/H7", "an id pending and in progress")
async def _in_both(stage: Stage) -> Seen:
    task_id = await stage.first(INPROG)
    await stage.call("RPUSH", PENDING, task_id)
    found = await stage.migrate_found("codeq/H7")
    taken = (await stage.claim()).json()["id"]
    left = await stage.call("LRANGE", stage.keys.pending(COMMAND, 0), 0, -1)
    skipped = taken != task_id and task_id not in left
    return Seen("a claim passes the entry over and drops it" * skipped, found)


@HAZARDS.hazard("codeq/H8", "ids without a record")
async def _orphan(stage: Stage) -> Seen:
    await stage.call("RPUSH", PENDING, "ghost")
    found = await stage.migrate_found("codeq/H8")
    await stage.claim()
    places = [*await stage.call("LRANGE", stage.keys.pending(COMMAND, 0), 0, -1)]
    places += await stage.call("SMEMBERS", stage.keys.inprog(COMMAND))
    return Seen("one claim, and the id is in no queue" * ("ghost" not in places), found)


@HAZARDS.hazard("codeq/H9", "a priority, and everything in tier 0")
async def _priority(stage: Stage) -> Seen:
    state = await stage.state()
    task_id = next(one for one in state.queues[COMMAND.lower()][legacy.PENDING] if state.parsed[one].priority)
    await stage.call("LREM", PENDING, 0, task_id)
    await stage.call("RPUSH", PENDING, task_id)
    told = await stage.said("codeq/H9")
    await stage.migrate()
    await stage.claim()
    await stage.services.new(f"/tasks/{task_id}/abandon", b"", stage.services.worker("hazard"))
    tier = state.parsed[task_id].priority
    moved = await stage.call("LRANGE", stage.keys.pending(COMMAND, tier), 0, -1) == [task_id]
    return Seen(f"given back, the task jumps from tier 0 to tier {tier}" * moved, told)


@HAZARDS.hazard("codeq/H10", "a record that codeQ cannot read")
async def _unreadable(stage: Stage) -> Seen:
    task_id = await stage.first(PENDING)
    record = json.loads(await stage.call("HGET", legacy.TASKS, task_id))
    text = json.dumps({**record, "createdAt": "2026-01-01 10:00:00"})
    await stage.call("HSET", legacy.TASKS, task_id, text)
    found = await stage.migrate_found("codeq/H10")
    taken = await stage.claim()
    left = await stage.call("LRANGE", stage.keys.pending(COMMAND, 0), 0, -1)
    gone = task_id not in left and taken.json().get("id") != task_id
    return Seen("one claim, and the id is in no queue; its record stays" * gone, found)


@HAZARDS.hazard("codeq/H11", "a worker under another name")
async def _another_worker(stage: Stage) -> Seen:
    task_id, before = await stage.first(INPROG), await stage.state()
    await stage.migrate()
    found = await stage.violated(before, "codeq/H11", "somebody")
    answer = await stage.finish(task_id, "somebody")
    return Seen(f"its result is refused: 403 {answer.json()['error']}" * (answer.status_code == 403), found)
