"""GET /api/queue, GET /api/queue/:id, POST …/status: §1.3 of the queue's behaviour, in both formats."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from kvstore import KVNamespace, ManualClock

pytestmark = pytest.mark.anyio

Enqueue = Callable[[str], Awaitable[str]]
Serve = Callable[..., httpx.AsyncClient]


async def test_an_empty_queue_is_an_empty_list(queue: httpx.AsyncClient) -> None:
    response = await queue.get("/api/queue")
    assert (response.status_code, response.text) == (200, '{"pending":[],"count":0}')
    assert response.headers["content-type"] == "application/json"


async def test_the_old_queue_lists_in_order_of_arrival(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", '["task10","task2","task2","gone"]')
    assert (await old.get("/api/queue")).json() == {
        "pending": ["task10", "task2", "task2", "gone"],
        "count": 4,
    }


async def test_the_new_queue_lists_in_order_of_bytes(new: httpx.AsyncClient, kv: KVNamespace) -> None:
    for name in ("task2", "task10", "日本", "a:b"):
        await kv.put(f"queue:task:{name}", "{}")
    assert (await new.get("/api/queue")).json()["pending"] == ["a:b", "task10", "task2", "日本"]


async def test_the_new_queue_shows_the_first_thousand(new: httpx.AsyncClient, kv: KVNamespace) -> None:
    for number in range(1001):
        await kv.put(f"queue:task:{number:04}", "{}")
    listed = (await new.get("/api/queue")).json()
    assert (listed["count"], listed["pending"][-1]) == (1000, "0999")


async def test_a_pending_list_that_is_an_object_has_no_count(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", '{"a":1}')
    assert (await old.get("/api/queue")).text == '{"pending":{"a":1}}'


async def test_a_task_is_read_as_stored(queue: httpx.AsyncClient, kv: KVNamespace, task_prefix: str) -> None:
    await kv.put(f"{task_prefix}t1", '{"id":"t1", "content":"日本"}')
    assert (await queue.get("/api/queue/t1")).text == '{"id":"t1","content":"日本"}'


async def test_a_missing_task_is_404(queue: httpx.AsyncClient) -> None:
    response = await queue.get("/api/queue/claim")
    assert (response.status_code, response.text) == (404, '{"error":"Task not found"}')


async def test_any_text_is_a_status(queue: httpx.AsyncClient, enqueue: Enqueue) -> None:
    task_id = await enqueue("1")
    response = await queue.post(f"/api/queue/{task_id}/status", json={"status": "half done", "more": 1})
    assert (response.status_code, response.text) == (200, '{"success":true,"status":"half done"}')
    task = (await queue.get(f"/api/queue/{task_id}")).json()
    assert task["status"] == "half done"
    assert list(task)[-1] == "updatedAt"
    assert task["updatedAt"].endswith("Z")


async def test_a_status_renews_the_task_for_an_hour(
    queue: httpx.AsyncClient, enqueue: Enqueue, kv: KVNamespace, clock: ManualClock, task_prefix: str
) -> None:
    task_id = await enqueue("1")
    clock.advance(1_000_000)
    await queue.post(f"/api/queue/{task_id}/status", json={"status": "working"})
    [key] = (await kv.list(prefix=task_prefix))["keys"]
    assert key["expiration"] == clock.now_ms() // 1000 + 3600


async def test_the_status_of_a_missing_task_is_404(queue: httpx.AsyncClient) -> None:
    response = await queue.post("/api/queue/gone/status", json={"status": "x"})
    assert (response.status_code, response.text) == (404, '{"error":"Task not found"}')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/queue"),
        ("PUT", "/api/queue/x"),
        ("POST", "/api/queue/x"),
        ("GET", "/api/queue/x/release"),
        ("POST", "/api/queue/x/steal"),
        ("GET", "/api/queue/a/b/c"),
        ("GET", "/api/queues"),
        ("GET", "/api/result"),
        ("DELETE", "/api/result/x"),
        ("POST", "/api/migrate/status"),
        ("GET", "/api/migrate/run"),
        ("GET", "/api/migrate/rollback"),
        ("GET", "/api/migrate"),
        ("GET", "/api/migrate/status/"),
        ("POST", "/api/migrate/walk"),
        ("GET", "/api/migrated"),
    ],
)
async def test_other_routes_are_404(old: httpx.AsyncClient, method: str, path: str) -> None:
    response = await old.request(method, path)
    assert (response.status_code, response.text) == (404, '{"error":"Not found"}')


@pytest.mark.parametrize("path", ["/api/other", "/api/", "/metrics", "/queue"])
async def test_paths_of_no_part_are_404_in_text(old: httpx.AsyncClient, path: str) -> None:
    response = await old.get(path)
    assert (response.status_code, response.text) == (404, "Not found")


async def test_without_the_namespace_the_queue_is_503(serve: Serve) -> None:
    response = await serve(CACHE=None).get("/api/queue/x/nowhere")
    assert (response.status_code, response.text) == (503, '{"error":"KV not configured"}')


async def test_an_unknown_format_is_named(serve: Serve) -> None:
    response = await serve(QUEUE_FORMAT="newer").get("/api/queue")
    assert response.status_code == 500
    assert response.json() == {"error": 'QUEUE_FORMAT is "newer"; it must be "old" or "new" or "dual"'}


async def test_the_format_is_old_unless_set(serve: Serve, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", '["a"]')
    assert (await serve().get("/api/queue")).json()["pending"] == ["a"]


async def test_a_refusal_of_kv_is_the_platforms_500(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", "[oops")
    assert (await old.get("/api/queue")).status_code == 500


async def test_health_tells_the_format(serve: Serve) -> None:
    client = serve(ADMIN_API_KEY=None, QUEUE_FORMAT="new")
    for path in ("/", "/health"):
        answer = (await client.get(path)).json()
        assert (answer["status"], answer["queueFormat"]) == ("ok", "new")
