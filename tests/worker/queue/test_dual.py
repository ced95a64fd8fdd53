"""The dual format: both formats are read, tasks and leases are written in the new one."""

import httpx
import pytest

from kvstore import Entry
from tests.worker.queue.deployment import (
    CLOCK,
    NEW,
    NEW_LEASE,
    OLD,
    OLD_LEASE,
    PENDING,
    RUN,
    Deployment,
    in_seconds,
    lease,
    tasks,
)

pytestmark = pytest.mark.anyio

CLAIM = "/api/queue/claim"


async def test_a_new_task_is_written_in_the_new_format_only(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    await client.post("/webhook/slack", json={"event": {"text": "x", "ts": "1"}})
    assert await one.keys() == ["event:slack_1", NEW + "slack_1"]


async def test_the_list_has_every_task_once(one: Deployment, client: httpx.AsyncClient) -> None:
    """New ones first; orphans are in it, dangling and repeated ids are not."""
    await one.put({**tasks(["a", "both", "orphan"]), **tasks(["z", "both"], NEW)})
    await one.put({PENDING: '["both","a","a","gone",5]'})
    answer = (await client.get("/api/queue")).json()
    assert answer == {"pending": ["both", "z", "a", "orphan"], "count": 4}


@pytest.mark.parametrize("pending", ["[oops", "null", '"ab"', "{}"])
async def test_a_list_that_is_none_does_no_harm(
    one: Deployment, client: httpx.AsyncClient, pending: str
) -> None:
    await one.put({**tasks(["a"]), PENDING: pending})
    assert (await client.get("/api/queue")).json()["pending"] == ["a"]


async def test_more_than_a_page_is_listed(one: Deployment, client: httpx.AsyncClient) -> None:
    """H02."""
    await one.put({**tasks([f"{n}" for n in range(1500)]), **tasks([f"n{n}" for n in range(1500)], NEW)})
    assert (await client.get("/api/queue")).json()["count"] == 3000


async def test_the_new_task_is_read_before_the_old(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({OLD + "a": '{"n":1}', OLD + "b": '{"n":2}', NEW + "a": '{"n":3}'})
    assert (await client.get("/api/queue/a")).json() == {"n": 3}
    assert (await client.get("/api/queue/b")).json() == {"n": 2}


@pytest.mark.parametrize("prefix", [OLD_LEASE, NEW_LEASE])
async def test_a_lease_in_either_format_holds(
    one: Deployment, client: httpx.AsyncClient, prefix: str
) -> None:
    await one.put({**tasks(["a"]), prefix + "a": lease("w", 300)})
    assert (await client.post(CLAIM, json={})).json()["success"] is False


@pytest.mark.parametrize("prefix", [OLD, NEW])
async def test_a_claim_writes_the_lease_in_the_new_format(
    one: Deployment, client: httpx.AsyncClient, prefix: str
) -> None:
    await one.put(tasks(["a"], prefix))
    assert (await client.post(CLAIM, json={})).json()["taskId"] == "a"
    assert await one.keys(OLD_LEASE) + await one.keys(NEW_LEASE) == [NEW_LEASE + "a"]


async def test_renewing_moves_the_lease(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"]), OLD_LEASE + "a": lease("w", 300)})
    response = await client.post("/api/queue/a/renew", json={"workerId": "w", "extendSec": 600})
    assert response.json()["lease"]["claimNonce"] == "w:0:a"
    assert await one.keys(OLD_LEASE) + await one.keys(NEW_LEASE) == [NEW_LEASE + "a"]


async def test_of_two_leases_the_longer_counts(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"]), OLD_LEASE + "a": lease("w1", 300), NEW_LEASE + "a": lease("w2", 200)})
    renew = {"extendSec": 300}
    assert (await client.post("/api/queue/a/renew", json={"workerId": "w2", **renew})).status_code == 403
    assert (await client.post("/api/queue/a/renew", json={"workerId": "w1", **renew})).status_code == 200


async def test_releasing_frees_the_task_in_both_formats(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"]), OLD_LEASE + "a": lease("w", 300), NEW_LEASE + "a": lease("w", 300)})
    assert (await client.post("/api/queue/a/release", json={"workerId": "w"})).json() == {"success": True}
    assert (await client.post(CLAIM, json={})).json()["taskId"] == "a"


@pytest.mark.parametrize("prefix", [OLD, NEW])
@pytest.mark.parametrize("expiration", [None, in_seconds(100)])
async def test_a_status_keeps_place_end_and_metadata(
    one: Deployment, client: httpx.AsyncClient, prefix: str, expiration: int | None
) -> None:
    """H49."""
    await one.put({prefix + "a": Entry(b'{"id":"a"}', expiration, '{"by":"w"}')})
    assert (await client.post("/api/queue/a/status", json={"status": "busy"})).status_code == 200
    stored = (await one.store.entries())[prefix + "a"]
    assert (stored.expiration, stored.metadata) == (expiration, '{"by":"w"}')
    assert b'"status":"busy"' in stored.value


async def test_a_status_of_a_task_about_to_end_is_stored(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({NEW + "a": Entry(b'{"id":"a"}', in_seconds(10))})
    assert (await client.post("/api/queue/a/status", json={"status": "busy"})).status_code == 200
    assert (await one.store.entries())[NEW + "a"].expiration == in_seconds(60)


async def test_completing_leaves_nothing_but_the_result(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"]), **tasks(["a"], NEW), PENDING: '["a"]'})
    await one.put({OLD_LEASE + "a": lease("w", 300), NEW_LEASE + "a": lease("w", 300)})
    await client.post("/api/result/a", json={"success": True})
    assert await one.keys() == [PENDING, "orchestrator:result:a"]
    assert (await one.store.entries())[PENDING].value == b'["a"]'


async def test_work_goes_on_between_the_steps(one: Deployment, client: httpx.AsyncClient) -> None:
    """I13: each task is claimed once, and completed, whatever step the migration is at."""
    names = [f"t{number:02}" for number in range(40)]
    await one.put({**tasks(names), PENDING: str(names).replace("'", '"')})
    migration, claimed = one.client(MIGRATION_BUDGET="50"), []
    for _ in range(40):
        await migration.post(RUN)
        task = (await client.post(CLAIM, json={})).json()["taskId"]
        await client.post(f"/api/queue/{task}/status", json={"status": "busy"})
        claimed.append(task)
        await client.post(f"/api/result/{task}", json={"success": True})
        CLOCK.advance(4000)  # within the rate limit
    assert sorted(claimed) == names
    await one.finish(migration)
    assert await one.keys("queue:") + await one.keys(OLD) == []


async def test_a_status_is_written_wherever_the_task_is_to_the_end_that_it_had(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    """Who does not see a copy yet writes the original alone: it is never behind."""
    await one.put({**tasks(["a"]), **tasks(["a"], NEW)})
    before = await one.store.entries()
    await client.post("/api/queue/a/status", json={"status": "busy"})
    after = await one.store.entries()
    assert b'"status":"busy"' in after[OLD + "a"].value
    assert after[OLD + "a"].value == after[NEW + "a"].value
    assert [after[key].expiration for key in (OLD + "a", NEW + "a")] == [
        before[key].expiration for key in (OLD + "a", NEW + "a")
    ]
    puts = [event.key for event in one.journal.events if event.verb == "put" and event.key.endswith(":a")]
    assert puts == [OLD + "a", NEW + "a"]
