"""POST /tasks/claim."""

import asyncio
import json
from typing import Any

import pytest

from kvstore.clock import ManualClock
from tests.worker.codeq.bench import START, Bench
from worker.codeq import Issuer, Recording

pytestmark = pytest.mark.anyio
INPROG = "codeq:q:generate_master:inprog"


async def test_claim_hands_out_in_order_of_arrival(bench: Bench) -> None:
    made = [await bench.create() for _ in range(3)]
    assert [(await bench.claim())["id"] for _ in made] == made


async def test_claim_prefers_the_higher_priority(bench: Bench) -> None:
    low, high = await bench.create(priority=1), await bench.create(priority=8)
    assert [(await bench.claim())["id"] for _ in range(2)] == [high, low]


async def test_claim_puts_the_commands_order_before_the_priority(bench: Bench) -> None:
    await bench.create("GENERATE_CREATIVE", priority=9)
    master = await bench.create(priority=0)
    assert (await bench.claim("GENERATE_MASTER", "GENERATE_CREATIVE"))["id"] == master


async def test_claim_leases_the_task_to_the_tokens_subject(bench: Bench) -> None:
    await bench.create()
    task = await bench.claim(leaseSeconds=90)
    assert (task["status"], task["workerId"], task["attempts"]) == ("IN_PROGRESS", "worker-1", 1)
    assert task["leaseUntil"] == "2026-11-22T01:36:13Z"
    assert await bench.server.call("GET", f"codeq:lease:{task['id']}") == "worker-1"
    assert await bench.lasts(f"codeq:lease:{task['id']}", 90)
    assert await bench.server.call("SISMEMBER", INPROG, task["id"])


@pytest.mark.parametrize("given", [0, -5])
async def test_claim_leases_for_five_minutes_unless_told(bench: Bench, given: int) -> None:
    await bench.create()
    task = await bench.claim(leaseSeconds=given)
    assert await bench.lasts(f"codeq:lease:{task['id']}", 300)


async def test_claim_with_a_wildcard_takes_the_two_built_in_commands(bench: Bench) -> None:
    await bench.create("OTHER")
    mine = await bench.create("GENERATE_CREATIVE")
    token = bench.issuer.worker_token(event_types=("*",))
    assert (await bench.call("/tasks/claim", {}, token)).json()["id"] == mine
    assert (await bench.call("/tasks/claim", {}, token)).status_code == 204


async def test_claim_compares_event_types_with_their_case(bench: Bench) -> None:
    answer = await bench.call("/tasks/claim", {"commands": ["generate_master"]})
    assert (answer.status_code, answer.json()) == (403, {"error": "event type not allowed"})


async def test_claim_finds_a_command_in_any_case_under_one_key(bench: Bench) -> None:
    task = await bench.create("Generate_Master")
    assert (await bench.claim("GENERATE_MASTER"))["id"] == task


async def test_claim_falls_back_on_eval_once(bench: Bench) -> None:
    await bench.server.call("SCRIPT FLUSH")
    await bench.create(priority=9)
    bench.server.take()
    await bench.claim("GENERATE_MASTER")
    names = [command[0] for command in bench.server.take()]
    assert [name for name in names if name.startswith("eval")] == ["evalsha", "eval"]


async def test_claim_stores_and_leases_in_the_real_services_order(bench: Bench) -> None:
    await bench.create(priority=9)
    bench.server.take()
    await bench.claim("GENERATE_MASTER")
    names = [command[0] for command in bench.server.take() if command[0] != "eval"]
    assert names == ["zrangebyscore", "srandmember", "evalsha", "hget", "setex", "hset", "zadd"]


async def test_claim_repairs_every_command_before_it_takes_from_any(bench: Bench) -> None:
    await bench.create(priority=9)
    bench.server.take()
    await bench.claim("GENERATE_MASTER", "GENERATE_CREATIVE")
    names = [command[0] for command in bench.server.take()]
    assert names[:5] == ["zrangebyscore", "srandmember"] * 2 + ["evalsha"]


async def test_claim_without_body_is_refused(bench: Bench) -> None:
    answer = await bench.call("/tasks/claim", b"")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid body"})


async def test_claim_answers_the_servers_error(bench: Bench) -> None:
    await bench.server.call("SET", "codeq:q:generate_master:pending:9", "no list")
    answer = await bench.call("/tasks/claim", {"commands": ["GENERATE_MASTER"]})
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("claim move script: ")


async def test_claim_waits_for_a_task_to_come(bench: Bench) -> None:
    task = await bench.create(delaySeconds=2)
    assert (await bench.claim(waitSeconds=5))["id"] == task
    assert bench.clock.now_ms() < START + 3000


@pytest.mark.parametrize(("wait", "seconds"), [(1, 1), (0, 0), (-3, 0), (600, 30)])
async def test_claim_waits_no_longer_than_asked_and_thirty_seconds(
    bench: Bench, wait: int, seconds: int
) -> None:
    assert await bench.claim(waitSeconds=wait) is None
    assert bench.clock.now_ms() == START + seconds * 1000


async def test_claim_looks_again_four_times_a_second(bench: Bench) -> None:
    bench.server.take()
    await bench.claim("GENERATE_MASTER", waitSeconds=1)
    repairs = [command for command in bench.server.take() if command[0] == "srandmember"]
    assert len(repairs) == 5


async def test_claim_gives_up_waiting_when_nobody_waits(
    server: Recording, signer: Issuer, clock: ManualClock
) -> None:
    bench = Bench(server, signer, clock)
    body = json.dumps({"waitSeconds": 30}).encode()
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/codeq/tasks/claim",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {bench.worker}".encode())],
    }

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: Any) -> None:
        pass

    await bench.codeq(scope, receive, send)
    assert clock.now_ms() == START


@pytest.mark.parametrize("lease", [10**11, 10**30])
async def test_claim_survives_any_length_of_a_lease(bench: Bench, lease: int) -> None:
    await bench.create()
    answer = await bench.call("/tasks/claim", {"leaseSeconds": lease})
    assert answer.status_code == (200 if lease == 10**11 else 400)
    assert lease > 10**11 or answer.json()["leaseUntil"].startswith("5195-")


async def test_claims_at_the_same_time_lose_no_task(bench: Bench) -> None:
    made = [await bench.create() for _ in range(8)]
    claimed = await asyncio.gather(*(bench.claim("GENERATE_MASTER") for _ in range(12)))
    await bench.wait(200)  # what a repair took for expired waits for its back-off
    while (task := await bench.claim()) is not None:
        claimed.append(task)
    assert {task["id"] for task in claimed if task} == set(made)


async def test_claim_takes_what_another_claim_has_moved_and_not_yet_leased(bench: Bench) -> None:
    """Between the move and the lease of one claim, the repair of another sees work that nobody holds."""
    task = await bench.create()
    await bench.server.call("LREM", "codeq:q:generate_master:pending:0", 0, task)
    await bench.server.call("SADD", INPROG, task)
    assert (await bench.claim())["id"] == task
