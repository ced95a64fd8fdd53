"""The legacy scheduler, as its audit describes it."""

import asyncio
import json
from typing import Any

import pytest

from tests.worker.codeq.bench import Bench

pytestmark = pytest.mark.anyio
Q = "legacy:q:generate_master:"
ADMIN = {"X-Role": "ADMIN"}


async def create(bench: Bench, command: str = "GENERATE_MASTER", **fields: Any) -> str:
    answer = await bench.old("/tasks", {"command": command, "payload": {"a": 1}, **fields})
    assert answer.status_code == 202, answer.text
    created: str = answer.json()["id"]
    return created


async def claim(bench: Bench, worker: str = "w1", **fields: Any) -> Any:
    answer = await bench.old("/tasks/claim", {"workerId": worker, **fields})
    return answer.json() if answer.status_code == 200 else None


def names(bench: Bench) -> list[str]:
    return [command[0] for command in bench.server.take()]


async def test_create_stores_what_the_migration_finds(bench: Bench) -> None:
    bench.server.take()
    task = await create(bench, priority=7, webhook="http://listener.test/hook")
    assert names(bench) == ["hset", "zadd", "lpush"]
    stored = json.loads(await bench.server.call("HGET", "legacy:tasks", task))
    time = "2026-11-21T22:34:43.496-03:00"
    assert list(stored.items()) == [
        ("id", task),
        ("command", "GENERATE_MASTER"),
        ("payload", '{"a":1}'),
        ("priority", 7),
        ("webhook", "http://listener.test/hook"),
        ("status", "PENDING"),
        ("createdAt", time),
        ("updatedAt", time),
    ]
    assert await bench.server.call("LRANGE", f"{Q}pending", 0, -1) == [task]


async def test_claim_ignores_priorities(bench: Bench) -> None:
    first = await create(bench)
    await create(bench, priority=9)
    assert (await claim(bench))["id"] == first


async def test_claim_moves_leases_and_marks(bench: Bench) -> None:
    task = await create(bench)
    bench.server.take()
    claimed = await claim(bench, commands=["GENERATE_MASTER"], leaseSeconds=60)
    assert names(bench) == ["lrange", "rpoplpush", "hget", "setex", "hset", "zadd"]
    assert (claimed["status"], claimed["workerId"]) == ("IN_PROGRESS", "w1")
    assert "attempts" not in claimed
    assert claimed["leaseUntil"] == "2026-11-22T01:35:43Z"
    assert await bench.server.call("LRANGE", f"{Q}inprog", 0, -1) == [task]
    assert await bench.server.call("GET", f"legacy:lease:{task}") == "w1"


async def test_claim_skips_an_id_without_a_record(bench: Bench) -> None:
    await bench.server.call("LPUSH", f"{Q}pending", "ghost")
    task = await create(bench)
    assert (await claim(bench))["id"] == task
    assert await bench.server.call("LRANGE", f"{Q}inprog", 0, -1) == [task]


async def test_claim_of_nothing_is_empty(bench: Bench) -> None:
    answer = await bench.old("/tasks/claim", {"workerId": "w1"})
    assert (answer.status_code, answer.content) == (204, b"")


async def test_expired_work_is_pending_again_for_ever(bench: Bench) -> None:
    task = await create(bench)
    for _ in range(10):
        assert (await claim(bench))["id"] == task
        await bench.wait(301)


async def test_repair_never_reaches_what_lies_behind_200_live_leases(bench: Bench) -> None:
    old = await create(bench)
    await claim(bench)
    await bench.wait(301)
    for number in range(200):
        await bench.server.call("LPUSH", f"{Q}inprog", f"n{number}")
        await bench.server.call("SETEX", f"legacy:lease:n{number}", 300, "w2")
    assert await claim(bench) is None
    assert old in await bench.server.call("LRANGE", f"{Q}inprog", 0, -1)


async def test_heartbeat_and_abandon_are_for_the_worker_that_the_body_names(bench: Bench) -> None:
    task = await create(bench)
    await claim(bench)
    for verb in ("heartbeat", "abandon"):
        refused = await bench.old(f"/tasks/{task}/{verb}", {"workerId": "w2"})
        assert (refused.status_code, refused.json()) == (403, {"error": "not-owner"})
    await bench.old(f"/tasks/{task}/heartbeat", {"workerId": "w1", "extendSeconds": 30})
    assert await bench.lasts(f"legacy:lease:{task}", 30)
    bench.server.take()
    assert (await bench.old(f"/tasks/{task}/abandon", {"workerId": "w1"})).status_code == 200
    assert names(bench) == ["hget", "lrem", "lpush", "del", "hset", "zadd"]


async def test_read_answers_the_task_or_not_found(bench: Bench) -> None:
    task = await create(bench)
    assert (await bench.old(f"/tasks/{task}")).json()["id"] == task
    answer = await bench.old("/tasks/none")
    assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


async def test_assumed_result_finishes_the_task(bench: Bench) -> None:
    task = await create(bench)
    await claim(bench)
    bench.server.take()
    answer = await bench.old(f"/tasks/{task}/result", {"workerId": "w1", "status": "COMPLETED"})
    assert names(bench) == ["hget", "hset", "lrem", "del", "zadd"]
    assert (answer.json()["status"], "workerId" in answer.json()) == ("COMPLETED", False)
    assert await bench.server.call("KEYS", "legacy:*") != []
    assert await bench.server.call("EXISTS", f"{Q}inprog", f"legacy:lease:{task}") == 0


async def test_queues_are_for_whoever_says_admin(bench: Bench) -> None:
    await create(bench)
    refused = await bench.old("/admin/queues")
    assert (refused.status_code, refused.json()) == (401, {"error": "unauthorized. Admin only"})
    lengths = (await bench.old("/admin/queues", headers=ADMIN)).json()
    assert lengths == {
        f"{Q}inprog": 0,
        f"{Q}pending": 1,
        "legacy:q:generate_creative:inprog": 0,
        "legacy:q:generate_creative:pending": 0,
    }


async def test_cleanup_deletes_tasks_and_their_ids(bench: Bench) -> None:
    for _ in range(2):
        await create(bench)
    await claim(bench)
    await bench.wait(86_400)
    path = "/admin/tasks/cleanup"
    assert (await bench.old(path, {"before": "soon"}, headers=ADMIN)).status_code == 400
    assert (await bench.old(path, {"limit": 1}, headers=ADMIN)).json()["deleted"] == 1
    assert (await bench.old(path, {}, headers=ADMIN)).json()["deleted"] == 1
    assert await bench.server.call("KEYS", "legacy:*") == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"payload": 1}, "invalid body"),
        ({"command": "X"}, "invalid body"),
        ({"command": "X", "payload": 1, "webhook": "nowhere"}, "invalid webhook url"),
    ],
)
async def test_create_refuses_what_cannot_be_a_task(bench: Bench, body: Any, error: str) -> None:
    answer = await bench.old("/tasks", body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_claim_needs_a_worker(bench: Bench) -> None:
    assert (await bench.old("/tasks/claim", {})).status_code == 400


async def test_every_request_is_looked_up(bench: Bench) -> None:
    missing = await bench.old("/tasks/x", headers={"Authorization": ""})
    assert missing.json() == {"error": "missing Authorization header"}
    unknown = await bench.old("/tasks/x", headers={"Authorization": "Bearer who"})
    assert (unknown.status_code, unknown.json()) == (401, {"error": "invalid token"})
    bench.network.down = True
    assert (await bench.old("/tasks/x")).json() == {"error": "identity lookup error"}


async def test_health_is_open(bench: Bench) -> None:
    answer = await bench.old("/../../healthz", headers={"Authorization": ""})
    assert answer.status_code == 200


async def test_services_share_a_server_and_never_a_key(bench: Bench) -> None:
    await create(bench)
    assert await bench.claim() is None
    await bench.create()
    keys = await bench.server.call("KEYS", "*")
    assert {key.split(":")[0] for key in keys} == {"legacy", "codeq"}


async def test_claims_at_the_same_time_lose_no_task(bench: Bench) -> None:
    made = [await create(bench) for _ in range(8)]
    claimed = await asyncio.gather(*(claim(bench) for _ in range(12)))
    while (task := await claim(bench)) is not None:
        claimed.append(task)
    assert {task["id"] for task in claimed if task} == set(made)


async def test_claim_takes_what_another_claim_has_moved_and_not_yet_leased(bench: Bench) -> None:
    """Between the move and the lease of one claim, the repair of another sees work that nobody holds."""
    task = await create(bench)
    await bench.server.call("RPOPLPUSH", f"{Q}pending", f"{Q}inprog")
    assert (await claim(bench))["id"] == task
