"""The migration as the guide shows it: five tasks and two leases, number by number."""

import json
from collections.abc import Callable

import httpx
import pytest

from harness.migrations.queue.promises.judging.interface import STATUS as GUIDES_STATUS
from kvstore import KVNamespace, ManualClock
from tests.worker.queue.deployment import GUIDES_RUN

pytestmark = pytest.mark.anyio

Serve = Callable[..., httpx.AsyncClient]
STATUS, RUN, ROLLBACK = "/api/migrate/status", "/api/migrate/run", "/api/migrate/rollback"
TASKS = ["task1", "task2", "task3", "task4", "task5"]


@pytest.mark.usefixtures("guide_five")
async def test_the_status_is_the_guides(old: httpx.AsyncClient) -> None:
    """G10."""
    response = await old.get(STATUS)
    assert response.status_code == 200
    assert response.text == json.dumps(GUIDES_STATUS, separators=(",", ":"))


@pytest.mark.usefixtures("guide_five")
async def test_the_run_is_the_guides(old: httpx.AsyncClient) -> None:
    """G11."""
    response = await old.post(RUN)
    assert response.status_code == 200
    assert response.text == json.dumps(GUIDES_RUN, separators=(",", ":"))


@pytest.mark.usefixtures("guide_five")
async def test_the_keys_have_moved(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await old.post(RUN)
    names = [key["name"] for key in (await kv.list())["keys"]]
    leases = ["queue:lease:task1", "queue:lease:task2"]
    assert names == leases + [f"queue:task:{task}" for task in TASKS]
    assert await kv.get("queue:task:task3") == '{"id":"task3","content":"test"}'


@pytest.mark.usefixtures("guide_five")
async def test_the_new_format_carries_on(serve: Serve) -> None:
    """G12, G13: the queue is listed and claimed from, past the leases that moved."""
    await serve(QUEUE_FORMAT="old").post(RUN)
    new = serve(QUEUE_FORMAT="new")
    assert (await new.get("/api/queue")).json() == {"pending": TASKS, "count": 5}
    claim = await new.post("/api/queue/claim", json={"workerId": "test-worker", "leaseDurationSec": 300})
    assert claim.json()["taskId"] == "task3"


@pytest.mark.usefixtures("guide_five")
async def test_the_status_afterwards(new: httpx.AsyncClient) -> None:
    await new.post(RUN)
    assert (await new.get(STATUS)).json() == {
        "success": True,
        "status": {
            "oldFormatExists": False,
            "newFormatExists": True,
            "oldTaskCount": 0,
            "newTaskCount": 5,
            "oldLeaseCount": 0,
            "newLeaseCount": 2,
        },
        "needsMigration": False,
        "recommendation": "Already using new format",
    }


@pytest.mark.usefixtures("guide_five")
async def test_a_rollback_deletes_the_new_keys(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    """H45: the old keys, said to remain intact, are gone."""
    await old.post(RUN)
    response = await old.post(ROLLBACK)
    assert (response.status_code, response.json()) == (
        200,
        {
            "success": True,
            "message": "Rollback complete - deleted 7 new format keys",
            "deleted": 7,
            "note": "Old format keys remain intact if they still exist",
        },
    )
    assert (await kv.list())["keys"] == []


@pytest.mark.usefixtures("guide_five")
async def test_a_lease_keeps_its_remaining_time(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await old.post(RUN)
    expirations = [key["expiration"] for key in (await kv.list(prefix="queue:lease:"))["keys"]]
    end = clock.now_ms() // 1000 + 300
    assert all(end - 10 <= expiration <= end for expiration in expirations)


async def test_without_the_namespace_it_is_503(serve: Serve) -> None:
    response = await serve(CACHE=None).get(STATUS)
    assert (response.status_code, response.text) == (503, '{"error":"KV not configured"}')


@pytest.mark.usefixtures("guide_five")
async def test_the_guides_integration_test_succeeds(serve: Serve) -> None:
    """G42: webhook, queue, run, queue, claim, in that order, with the two releases the guide deploys."""
    old, new = serve(QUEUE_FORMAT="old"), serve(QUEUE_FORMAT="new")
    webhook = await old.post("/webhook/slack", content='{"event": {"text": "test"}}')
    task_id = webhook.json()["eventId"]
    assert task_id in (await old.get("/api/queue")).json()["pending"]
    assert (await old.post(RUN)).json()["totalMigrated"] == 8
    assert task_id in (await new.get("/api/queue")).json()["pending"]
    assert (await new.post("/api/queue/claim", content='{"workerId": "test"}')).json()["success"] is True
