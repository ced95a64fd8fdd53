"""One grammar of ids for producers and the API: 1 to 492 bytes, percent-decoded once."""

import json
from urllib.parse import quote

import httpx
import pytest

from kvstore import KVNamespace

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "task_id",
    ["slack_1.1", "evt_1_a", "a:b", "a/b", "日本 task", "100%", "%2F", "a+b", "~", "x" * 492, "日" * 164],
)
async def test_a_task_of_any_name_can_be_completed(
    queue: httpx.AsyncClient, kv: KVNamespace, task_prefix: str, task_id: str
) -> None:
    await kv.put(task_prefix + task_id, '{"id":"it"}')
    path = quote(task_id, safe="")
    assert (await queue.get(f"/api/queue/{path}")).json() == {"id": "it"}
    assert (await queue.post(f"/api/result/{path}", json={})).status_code == 200
    assert await kv.get(task_prefix + task_id) is None
    assert await kv.get(f"orchestrator:result:{task_id}") == "{}"


@pytest.mark.parametrize(
    ("segment", "detail"),
    [
        ("x" * 493, "Task ID too long: 493 bytes, at most 492"),
        (quote("日" * 165), "Task ID too long: 495 bytes, at most 492"),
        ("", "Task ID cannot be empty"),
        ("%FF", "Task ID is not valid UTF-8"),
        ("%ED%A0%80", "Task ID is not valid UTF-8"),
        ("%zz", "Task ID is not valid UTF-8"),
        ("100%", "Task ID is not valid UTF-8"),
    ],
)
@pytest.mark.parametrize("path", ["/api/queue/{}", "/api/result/{}"])
async def test_other_ids_are_refused(old: httpx.AsyncClient, path: str, segment: str, detail: str) -> None:
    target = httpx.URL("http://queue.test").copy_with(raw_path=path.format(segment).encode())
    response = await old.get(target)
    assert response.status_code == 400
    assert response.json() == {"error": "Invalid taskId format", "details": [detail]}


@pytest.mark.parametrize("action", ["release", "renew", "status"])
async def test_the_id_is_checked_before_the_body(old: httpx.AsyncClient, action: str) -> None:
    response = await old.post(f"/api/queue/{'x' * 493}/{action}", content="{oops")
    assert response.json()["error"] == "Invalid taskId format"


async def test_a_producer_may_use_the_longest_id(queue: httpx.AsyncClient) -> None:
    payload = {"id": "x" * 483, "channel": "web", "message": "m", "user": {}}
    response = await queue.post("/webhook/clawdbot", json=payload)
    assert len(response.json()["eventId"]) == 492
    assert (await queue.post("/api/queue/claim", json={})).json()["taskId"] == response.json()["eventId"]


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("x" * 484, "Task ID too long: 493 bytes, at most 492"),
        ("\ud800", "Task ID is not valid UTF-8"),
    ],
)
async def test_a_producer_may_not_use_others(
    queue: httpx.AsyncClient, kv: KVNamespace, name: str, detail: str
) -> None:
    payload = json.dumps({"id": name, "channel": "web", "message": "m", "user": {}})
    response = await queue.post("/webhook/clawdbot", content=payload)
    assert response.status_code == 400
    assert response.json() == {"error": "Invalid taskId format", "details": [detail]}
    assert [key["name"][:10] for key in (await kv.list())["keys"]] == ["ratelimit:"]
