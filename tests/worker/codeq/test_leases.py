"""Heartbeat and abandon."""

import pytest

from tests.worker.codeq.bench import Bench

pytestmark = pytest.mark.anyio


async def test_heartbeat_extends_the_lease_and_says_until_when(bench: Bench) -> None:
    task = await bench.claimed()
    assert (await bench.call(f"/tasks/{task}/heartbeat", {"extendSeconds": 60})).json() == {"ok": True}
    assert await bench.lasts(f"codeq:lease:{task}", 60)
    assert (await bench.task(task))["leaseUntil"] == "2026-11-22T01:35:43Z"


async def test_heartbeat_needs_a_body(bench: Bench) -> None:
    assert (await bench.call(f"/tasks/{await bench.claimed()}/heartbeat", b"")).status_code == 400


@pytest.mark.parametrize("verb", ["heartbeat", "abandon"])
async def test_an_unknown_task_is_an_inner_error(bench: Bench, verb: str) -> None:
    answer = await bench.call(f"/tasks/none/{verb}", {})
    assert (answer.status_code, answer.json()) == (500, {"error": "not-found"})


async def test_abandon_puts_the_task_back_at_once_with_its_attempts(bench: Bench) -> None:
    task = await bench.claimed(priority=4)
    await bench.call(f"/tasks/{task}/abandon", b"")
    assert await bench.server.call("LRANGE", "codeq:q:generate_master:pending:4", 0, -1) == [task]
    stored = await bench.task(task)
    assert (stored["status"], stored["attempts"], "workerId" in stored) == ("PENDING", 1, False)
    assert (await bench.claim())["attempts"] == 2


async def test_every_touch_keeps_the_task_for_another_day(bench: Bench) -> None:
    task = await bench.claimed()
    await bench.wait(100)
    await bench.call(f"/tasks/{task}/heartbeat", {})
    end = bench.clock.now_ms() // 1000 + 86_400
    assert await bench.score("codeq:tasks:ttl", task) == end
