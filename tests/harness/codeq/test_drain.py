"""Option A's wait, and what it says of what does not go away."""

import json

import pytest

from harness.migrations.codeq.rehearsal.drain import drain, stalls
from kvstore.clock import ManualClock
from worker.codeq import Server, embedded

pytestmark = pytest.mark.anyio

QUEUE = "legacy:q:generate_master"


async def stored(server: Server, *ids: str) -> None:
    for one in ids:
        await server.call("HSET", "legacy:tasks", one, json.dumps({"id": one}))


async def test_an_empty_keyspace_needs_several_polls(clock: ManualClock) -> None:
    drained = await drain(embedded(), clock, deadline=60)
    assert (drained.empty, drained.polls, drained.seconds) == (True, 3, 2)


async def test_work_that_comes_back_starts_the_count_anew(clock: ManualClock) -> None:
    server, interleaving = embedded(), 0

    async def work() -> None:
        nonlocal interleaving
        interleaving += 1
        if interleaving == 2:  # a lease expired, and repair put the task back
            await server.call("LPUSH", f"{QUEUE}:pending", "a")
        if interleaving == 3:
            await server.call("DEL", f"{QUEUE}:pending")

    drained = await drain(server, clock, deadline=60, work=work)
    assert (drained.empty, drained.polls) == (True, 5)


async def test_the_deadline_ends_it_with_a_reason_for_each_id(clock: ManualClock) -> None:
    server = embedded()
    newer = [f"newer-{number}" for number in range(200)]
    await stored(server, "held", "expired", "waiting", "zombie", *newer)
    await server.call("SET", "legacy:lease:held", "worker-1", "PX", 60_500)
    await server.call("RPUSH", f"{QUEUE}:pending", "waiting")
    await server.call("RPUSH", f"{QUEUE}:inprog", "held", "expired", "ghost", *newer, "zombie")
    drained = await drain(server, clock, deadline=10)
    why = {stall.task: stall.why for stall in drained.stalls}
    assert (drained.empty, drained.seconds) == (False, 10)
    assert drained.left == {f"{QUEUE}:inprog": 204, f"{QUEUE}:pending": 1}
    assert why["held"].startswith("held by worker-1 for 60 s more") or "for 59 s" in why["held"]
    assert why["expired"] == "expired: the next claim puts it back"
    assert why["ghost"] == "has no record: LREM and note it"
    assert why["waiting"] == "pending, and no worker took it"
    assert why["zombie"].startswith("expired, and behind newer ones that repair never looks past")


async def test_only_reads(clock: ManualClock) -> None:
    server = embedded()
    await server.call("RPUSH", f"{QUEUE}:inprog", "ghost")
    await stalls(server)
    assert await server.call("LRANGE", f"{QUEUE}:inprog", 0, -1) == ["ghost"]
