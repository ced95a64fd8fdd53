"""POST and GET /tasks/:id/result, and the webhook that is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from kvstore.clock import ManualClock
from tests.worker.codeq.bench import START, Bench, signature
from worker.codeq import Issuer, Recording

pytestmark = pytest.mark.anyio
DONE = {"status": "COMPLETED", "result": {"url": "u"}}
HOOK = "http://listener.test/hook"


async def test_result_completes_the_task(bench: Bench) -> None:
    task = await bench.claimed()
    answer = (await bench.call(f"/tasks/{task}/result", DONE)).json()
    assert (answer["taskId"], answer["status"], answer["result"]) == (task, "COMPLETED", {"url": "u"})
    stored = await bench.task(task)
    assert (stored["status"], stored["resultKey"]) == ("COMPLETED", "codeq:results")
    assert "workerId" not in stored
    assert await bench.server.call("EXISTS", f"codeq:lease:{task}", "codeq:q:generate_master:inprog") == 0
    both = (await bench.call(f"/tasks/{task}/result", token=bench.producer)).json()
    assert both == {"result": answer, "task": stored}


async def test_result_runs_the_real_services_commands(bench: Bench) -> None:
    task = await bench.claimed()
    bench.server.take()
    await bench.call(f"/tasks/{task}/result", DONE)
    names = [command[0] for command in bench.server.take()]
    assert names == ["hget", "hset", "hget", "hset", "hget", "hset", "zadd", "srem", "del"]


async def test_result_of_a_failure_keeps_the_error_out_of_the_task(bench: Bench) -> None:
    task = await bench.claimed()
    answer = await bench.call(f"/tasks/{task}/result", {"status": "FAILED", "error": "no luck"})
    assert answer.json()["error"] == "no luck"
    assert "error" not in await bench.task(task)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid request body"),
        ({"status": 1}, "invalid request body"),
        ({"status": "DONE"}, "invalid status"),
        ({"status": "COMPLETED"}, "result required when status=COMPLETED"),
        ({"status": "COMPLETED", "result": [1]}, "invalid request body"),
        ({"status": "FAILED", "error": " "}, "error required when status=FAILED"),
    ],
)
async def test_result_refuses_with_the_services_own_words(bench: Bench, body: Any, error: str) -> None:
    answer = await bench.call(f"/tasks/{await bench.claimed()}/result", body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_result_is_for_the_owner_only(bench: Bench) -> None:
    task = await bench.claimed()
    answer = await bench.call(f"/tasks/{task}/result", DONE, bench.issuer.worker_token("other"))
    assert (answer.status_code, answer.json()) == (403, {"error": "not-owner"})


async def test_result_of_an_ownerless_task_may_come_from_anyone(bench: Bench) -> None:
    await bench.store("t", status="IN_PROGRESS")
    assert (await bench.call("/tasks/t/result", DONE)).status_code == 200


async def test_result_of_an_unknown_task_is_not_found(bench: Bench) -> None:
    for body in (DONE, None):
        answer = await bench.call("/tasks/none/result", body)
        assert (answer.status_code, answer.json()) == (404, {"error": "task not found"})


async def test_result_that_is_not_there_yet_is_not_found(bench: Bench) -> None:
    answer = await bench.call(f"/tasks/{await bench.claimed()}/result")
    assert (answer.status_code, answer.json()) == (404, {"error": "result not found"})


async def test_result_keeps_the_content_of_artifacts(
    server: Recording, signer: Issuer, clock: ManualClock, tmp_path: Path
) -> None:
    bench = Bench(server, signer, clock, local_artifacts_dir=str(tmp_path))
    task = await bench.claimed()
    artifacts = [{"name": "../../notes.txt", "contentBase64": "aGVsbG8="}]
    answer = await bench.call(f"/tasks/{task}/result", {**DONE, "artifacts": artifacts})
    assert (tmp_path / task / "notes.txt").read_text() == "hello"
    assert answer.json()["artifacts"][0]["url"].endswith("/notes.txt")


async def test_webhook_is_told_of_the_result_with_a_signature(bench: Bench) -> None:
    task = await bench.claimed(webhook=HOOK)
    await bench.call(f"/tasks/{task}/result", {"status": "FAILED", "error": "x"})
    [post] = await bench.arrived()
    assert str(post.url) == HOOK
    assert post.headers["X-CodeQ-Signature"] == signature(post)
    assert json.loads(post.content) == {
        "artifacts": None,
        "completedAt": "2026-11-21T22:34:43.496-03:00",
        "error": "x",
        "eventType": "GENERATE_MASTER",
        "result": None,
        "status": "FAILED",
        "taskId": task,
    }


async def test_webhook_that_fails_is_tried_five_times_with_growing_waits(bench: Bench) -> None:
    bench.network.statuses = [500] * 9
    task = await bench.claimed(webhook=HOOK)
    await bench.call(f"/tasks/{task}/result", DONE)
    assert len(await bench.arrived()) == 5
    assert bench.clock.now_ms() == START + (2 + 4 + 8 + 16) * 1000


async def test_webhook_that_recovers_is_told_once_more_only(bench: Bench) -> None:
    bench.network.statuses = [500]
    task = await bench.claimed(webhook=HOOK)
    await bench.call(f"/tasks/{task}/result", DONE)
    assert len(await bench.arrived()) == 2


async def test_webhook_is_not_told_of_dead_letters(bench: Bench) -> None:
    task = await bench.claimed(webhook=HOOK, maxAttempts=1)
    await bench.call(f"/tasks/{task}/nack", {})
    assert await bench.arrived() == []


async def test_webhook_that_is_no_address_is_given_up(bench: Bench) -> None:
    task = await bench.claimed(webhook="http://host:port/")
    assert (await bench.call(f"/tasks/{task}/result", DONE)).status_code == 200
    assert await bench.arrived() == []
