"""Results, and what completing a task leaves behind in each format."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from kvstore import KVNamespace, ManualClock

pytestmark = pytest.mark.anyio

Enqueue = Callable[[str], Awaitable[str]]
DAEMON = {"id": "t1", "status": "completed", "output": "done", "error": None, "elapsed": "3.1s"}
SCHEMA = {"success": False, "output": {"files": []}, "error": "no"}


@pytest.mark.parametrize("result", [DAEMON, SCHEMA])
async def test_results_keep_both_forms(queue: httpx.AsyncClient, result: dict[str, object]) -> None:
    response = await queue.post("/api/result/t1", json=result)
    assert (response.status_code, response.text) == (200, '{"success":true}')
    assert (await queue.get("/api/result/t1")).json() == result


async def test_a_missing_result_is_404(queue: httpx.AsyncClient) -> None:
    response = await queue.get("/api/result/t1")
    assert (response.status_code, response.text) == (404, '{"error":"Result not found"}')


async def test_a_result_that_is_no_json_is_400(queue: httpx.AsyncClient) -> None:
    response = await queue.post("/api/result/t1", content="{oops")
    assert (response.status_code, response.text) == (400, '{"error":"Invalid JSON in request body"}')


async def test_a_result_takes_the_task_off_the_queue(
    queue: httpx.AsyncClient, enqueue: Enqueue, clock: ManualClock, kv: KVNamespace
) -> None:
    task_id = await enqueue("1")
    other = await enqueue("2")
    await queue.post(f"/api/result/{task_id}", json=DAEMON)
    assert (await queue.get("/api/queue")).json()["pending"] == [other]
    assert (await queue.get(f"/api/queue/{task_id}")).status_code == 404
    [key] = (await kv.list(prefix="orchestrator:result:"))["keys"]
    assert key["expiration"] == clock.now_ms() // 1000 + 3600


async def test_the_old_format_leaves_the_lease(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", '["a","t1","b","t1"]')
    await kv.put("orchestrator:queue:t1", "{}")
    await kv.put("orchestrator:lease:t1", "{}")
    await old.post("/api/result/t1", json=DAEMON)
    assert await kv.get("orchestrator:pending") == '["a","b"]'
    assert await kv.get("orchestrator:queue:t1") is None
    assert await kv.get("orchestrator:lease:t1") == "{}"


async def test_the_new_format_deletes_the_lease(new: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("queue:task:t1", "{}")
    await kv.put("queue:lease:t1", "{}")
    await new.post("/api/result/t1", json=DAEMON)
    assert await kv.get("queue:task:t1") is None
    assert await kv.get("queue:lease:t1") is None
    assert await kv.get("orchestrator:pending") is None


async def test_a_late_result_revives_the_pending_list(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    """H32: after the list was deleted, old code puts an empty one back."""
    await old.post("/api/result/unknown", json=DAEMON)
    assert await kv.get("orchestrator:pending") == "[]"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ('{ "b": 1.0, "a": [ 1e21 , 1e-7, 0.000001 ] }', '{"b":1,"a":[1e+21,1e-7,0.000001]}'),
        ('{"b":1,"10":2,"9":3}', '{"9":3,"10":2,"b":1}'),
        ("[9007199254740993,-0,-0.0,1e999]", "[9007199254740992,0,0,null]"),
        (
            '["\\u65e5\\u672c","\\ud83d\\ude00","\\ud800","\\u001f","\\u007f"]',
            '["日本","😀","\\ud800","\\u001f","\x7f"]',
        ),
        ('{"a":1,"a":2}', '{"a":2}'),
        ('"text"', '"text"'),
        ("[" * 500 + "]" * 500, "[" * 500 + "]" * 500),
    ],
)
async def test_a_value_is_written_as_javascript_writes_it(
    old: httpx.AsyncClient, kv: KVNamespace, sent: str, stored: str
) -> None:
    await old.post("/api/result/t1", content=sent)
    assert await kv.get("orchestrator:result:t1") == stored
