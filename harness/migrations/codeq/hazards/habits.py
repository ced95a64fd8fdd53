"""Hazards of how the services behave, and of builds that do not belong together."""

from contextlib import suppress

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.hazards.hazard import Hazards, Seen
from harness.migrations.codeq.hazards.stage import COMMAND, INPROG, Stage, either
from worker.codeq import MOVE_SCRIPT, ServerError

_LATE_SECONDS = 2 * 86_400
_ORPHANED = 500  # in progress without a lease

HAZARDS = Hazards()


@HAZARDS.hazard("codeq/H1", "codeQ 1.1 on a list in progress")
async def _new_code_on_a_list(stage: Stage) -> Seen:
    before = await stage.state()
    await stage.migrate()
    key = stage.keys.inprog(COMMAND)
    ids = await stage.call("SMEMBERS", key)
    await stage.call("DEL", key)
    await stage.call("RPUSH", key, *ids)
    answer = await stage.claim()
    what = f"a claim answers 500 {answer.json()['error'][:60]}" if answer.status_code == 500 else ""
    return Seen(what, either(await stage.violated(before, "codeq/H1"), "rehearse codeq convert mends it"))


@HAZARDS.hazard("codeq/H2", "codeQ 1.0 on a set in progress")
async def _old_code_on_a_set(stage: Stage) -> Seen:
    await stage.migrate()
    try:
        await stage.call("RPOPLPUSH", stage.keys.pending(COMMAND, 0), stage.keys.inprog(COMMAND))
    except ServerError as error:
        return Seen(f"its RPOPLPUSH answers {error}", "stop every codeQ before 1.1 before converting")
    return Seen("", "")


@HAZARDS.hazard("codeq/H3", "a list comes between repair and pop")
async def _list_in_between(stage: Stage) -> Seen:
    before = await stage.state()
    await stage.migrate()
    pending, inprog = stage.keys.pending(COMMAND, 0), stage.keys.inprog(COMMAND)
    task_id, held = await stage.first(pending), await stage.call("SMEMBERS", inprog)
    await stage.call("DEL", inprog)
    await stage.call("RPUSH", inprog, *held)
    with suppress(ServerError):
        await stage.call("EVAL", MOVE_SCRIPT, 2, pending, inprog, 1)
    lost = task_id not in await stage.call("LRANGE", pending, 0, -1)
    return Seen(
        "the script pops the id and fails: it is in no queue" * lost, await stage.violated(before, "codeq/H3")
    )


@HAZARDS.hazard("codeq/H12", "a heartbeat after the lease is over")
async def _late_heartbeat(stage: Stage) -> Seen:
    task_id, before = await stage.first(INPROG), await stage.state()
    await stage.migrate()
    owner = await stage.call("GET", stage.keys.lease(task_id))
    await stage.call("DEL", stage.keys.lease(task_id))
    token = stage.services.worker(owner)
    answer = await stage.services.new(f"/tasks/{task_id}/heartbeat", {}, token)
    gone = not await stage.call("EXISTS", stage.keys.lease(task_id))
    what = "the heartbeat answers 200, and there is no lease" * (answer.status_code == 200 and gone)
    return Seen(what, await stage.violated(before, "codeq/H12"))


@HAZARDS.hazard("codeq/H13", "hundreds in progress without leases")
async def _many_without_leases(stage: Stage) -> Seen:
    for number in range(_ORPHANED):
        task_id = f"zombie-{number}"
        record = f'{{"id":"{task_id}","command":"{COMMAND}","payload":"{{}}","status":"IN_PROGRESS"}}'
        await stage.call("HSET", legacy.TASKS, task_id, record)
        await stage.call("LPUSH", INPROG, task_id)
    told = await stage.said("codeq/H13")
    await stage.migrate()
    before = await stage.call("SCARD", stage.keys.inprog(COMMAND))
    await stage.claim()
    repaired = before + 1 - await stage.call("SCARD", stage.keys.inprog(COMMAND))
    return Seen(f"one claim gives up {repaired} of {_ORPHANED}" * (0 < repaired < _ORPHANED), told)


@HAZARDS.hazard("codeq/H14", "a command in another spelling")
async def _wrong_name(stage: Stage) -> Seen:
    return await _renamed(stage, stage.keys.pending("generate-master", 0), "codeq/H14")


@HAZARDS.hazard("codeq/H15", "a build that knows tenants")
async def _tenant(stage: Stage) -> Seen:
    return await _renamed(stage, f"codeq:q:{COMMAND.lower()}:acme:pending:0", "codeq/H15")


async def _renamed(stage: Stage, name: str, hazard: str) -> Seen:
    before = await stage.state()
    await stage.migrate()
    pending = stage.keys.pending(COMMAND, 0)
    for task_id in await stage.call("LRANGE", pending, 0, -1):
        await stage.call("RPUSH", name, task_id)
    await stage.call("DEL", pending)
    answer = await stage.claim()
    what = f"a claim answers 204, and all of it is in {name}" * (answer.status_code == 204)
    return Seen(what, await stage.violated(before, hazard))


@HAZARDS.hazard("codeq/H16", "a build whose dead letters are a set")
async def _dead_letters_as_a_set(stage: Stage) -> Seen:
    before = await stage.state()
    await stage.migrate()
    await stage.call("SADD", stage.keys.dlq(COMMAND), "dead")
    answer = await stage.services.new("/admin/queues", token=stage.services.tokens.admin)
    what = f"/admin/queues answers 500 {answer.json()['error'][:60]}" * (answer.status_code == 500)
    return Seen(what, await stage.violated(before, "codeq/H16"))


@HAZARDS.hazard("codeq/H17", "a clock that is fast")
async def _fast_clock(stage: Stage) -> Seen:
    before = await stage.state()
    await stage.migrate()
    await stage.clock.sleep(_LATE_SECONDS)
    found = await stage.violated(before, "codeq/H17")
    admin = stage.services.tokens.admin
    answer = await stage.services.new("/admin/tasks/cleanup", {"limit": 1000}, admin)
    return Seen(f"cleanup deletes {answer.json()['deleted']} live tasks", found)


@HAZARDS.hazard("codeq/H22", "attempts that the old service never counted")
async def _few_deliveries(stage: Stage) -> Seen:
    told = await stage.said("codeq/H22")
    await stage.migrate()
    task_id = await stage.first(stage.keys.pending(COMMAND, 0))
    deliveries = 0
    while not await stage.call("LLEN", stage.keys.dlq(COMMAND)):
        while (await stage.claim()).json()["id"] != task_id:
            pass
        deliveries += 1
        token = stage.services.worker("hazard")
        await stage.services.new(f"/tasks/{task_id}/nack", {"delaySeconds": 1}, token)
        await stage.services.wait(2)
    return Seen(f"{deliveries} deliveries, then a dead letter", told)
