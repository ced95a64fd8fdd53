"""Claim, release and renew in both formats."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from kvstore import KVNamespace, ManualClock

pytestmark = pytest.mark.anyio

Enqueue = Callable[[str], Awaitable[str]]
CLAIM = "/api/queue/claim"


async def expiration_of(kv: KVNamespace, key: str) -> object:
    [listed] = (await kv.list(prefix=key))["keys"]
    return listed["expiration"]


async def test_a_claim_gives_task_and_lease(
    queue: httpx.AsyncClient, enqueue: Enqueue, kv: KVNamespace, clock: ManualClock, lease_prefix: str
) -> None:
    task_id = await enqueue("1")
    response = await queue.post(CLAIM, json={"workerId": "w1", "leaseDurationSec": 120})
    answer = response.json()
    assert response.status_code == 200
    assert list(answer) == ["success", "taskId", "task", "lease"]
    assert (answer["success"], answer["taskId"], answer["task"]["id"]) == (True, task_id, task_id)
    assert answer["task"]["status"] == "pending"
    assert list(answer["lease"]) == ["workerId", "claimNonce", "claimedAt", "expiresAt"]
    assert answer["lease"] == await kv.get(lease_prefix + task_id, "json")
    assert await expiration_of(kv, lease_prefix + task_id) == clock.now_ms() // 1000 + 120


async def test_a_nonce_is_worker_time_and_chance(queue: httpx.AsyncClient, enqueue: Enqueue) -> None:
    await enqueue("1")
    lease = (await queue.post(CLAIM, json={"workerId": "w:1"})).json()["lease"]
    worker, milliseconds, chance = lease["claimNonce"].rsplit(":", 2)
    assert (worker, len(milliseconds), len(chance)) == ("w:1", 13, 8)


@pytest.mark.parametrize("body", [{}, {"workerId": ""}])
async def test_a_worker_without_name_gets_one(
    queue: httpx.AsyncClient, enqueue: Enqueue, body: dict[str, str]
) -> None:
    await enqueue("1")
    lease = (await queue.post(CLAIM, json=body)).json()["lease"]
    assert lease["workerId"].startswith("worker_1")


async def test_a_leased_task_is_not_claimed_again(queue: httpx.AsyncClient, enqueue: Enqueue) -> None:
    await enqueue("1")
    await queue.post(CLAIM, json={"workerId": "w1"})
    response = await queue.post(CLAIM, json={"workerId": "w2"})
    assert response.status_code == 200
    assert response.json() == {
        "success": False,
        "message": "No tasks available or all tasks are leased",
        "pending": 1,
    }


async def test_an_expired_lease_frees_the_task(
    queue: httpx.AsyncClient, enqueue: Enqueue, clock: ManualClock
) -> None:
    task_id = await enqueue("1")
    await queue.post(CLAIM, json={"workerId": "w1"})
    clock.advance(301_000)
    assert (await queue.post(CLAIM, json={"workerId": "w2"})).json()["taskId"] == task_id


async def test_a_dangling_id_is_passed_over(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", '["gone","here"]')
    await kv.put("orchestrator:queue:here", '{"id":"here"}')
    assert (await old.post(CLAIM, json={})).json()["taskId"] == "here"
    assert await kv.get("orchestrator:lease:gone") is None


async def test_the_old_format_claims_in_order_of_arrival(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put("orchestrator:pending", '["b","a"]')
    for name in "ab":
        await kv.put(f"orchestrator:queue:{name}", f'{{"id":"{name}","priority":"critical"}}')
    assert (await old.post(CLAIM, json={})).json()["taskId"] == "b"


async def test_a_corrupt_task_is_leased_before_it_breaks_the_claim(
    queue: httpx.AsyncClient, kv: KVNamespace, task_prefix: str, lease_prefix: str
) -> None:
    """H57: every lease period one 500."""
    await kv.put("orchestrator:pending", '["bad"]')
    await kv.put(f"{task_prefix}bad", "{oops")
    assert (await queue.post(CLAIM, json={})).status_code == 500
    assert await kv.get(f"{lease_prefix}bad") is not None


async def test_a_lease_shorter_than_a_minute_is_a_500(queue: httpx.AsyncClient, enqueue: Enqueue) -> None:
    """H53: the schema allows what KV refuses."""
    await enqueue("1")
    assert (await queue.post(CLAIM, json={"leaseDurationSec": 30})).status_code == 500


async def test_the_holder_releases(
    queue: httpx.AsyncClient, enqueue: Enqueue, kv: KVNamespace, lease_prefix: str
) -> None:
    task_id = await enqueue("1")
    await queue.post(CLAIM, json={"workerId": "w1"})
    response = await queue.post(f"/api/queue/{task_id}/release", json={"workerId": "w1", "reason": "tired"})
    assert (response.status_code, response.text) == (200, '{"success":true}')
    assert await kv.get(lease_prefix + task_id) is None


@pytest.mark.parametrize("body", [{}, {"workerId": ""}])
async def test_release_needs_no_worker_id(
    queue: httpx.AsyncClient, enqueue: Enqueue, body: dict[str, str]
) -> None:
    task_id = await enqueue("1")
    await queue.post(CLAIM, json={"workerId": "w1"})
    assert (await queue.post(f"/api/queue/{task_id}/release", json=body)).text == '{"success":true}'


async def test_another_worker_may_not_release(queue: httpx.AsyncClient, enqueue: Enqueue) -> None:
    task_id = await enqueue("1")
    await queue.post(CLAIM, json={"workerId": "w1"})
    response = await queue.post(f"/api/queue/{task_id}/release", json={"workerId": "w2"})
    assert (response.status_code, response.text) == (403, '{"error":"Not lease holder"}')


async def test_releasing_nothing_succeeds(queue: httpx.AsyncClient) -> None:
    response = await queue.post("/api/queue/t1/release", json={"workerId": "w1"})
    assert (response.status_code, response.text) == (200, '{"success":true,"message":"No active lease"}')


async def test_renewing_extends_the_lease(
    queue: httpx.AsyncClient, enqueue: Enqueue, kv: KVNamespace, clock: ManualClock, lease_prefix: str
) -> None:
    task_id = await enqueue("1")
    lease = (await queue.post(CLAIM, json={"workerId": "w1"})).json()["lease"]
    clock.advance(100_000)
    response = await queue.post(f"/api/queue/{task_id}/renew", json={"workerId": "w1", "extendSec": 600})
    renewed = response.json()["lease"]
    assert (response.status_code, list(renewed)) == (200, [*lease, "renewedAt"])
    assert renewed["claimNonce"] == lease["claimNonce"]
    assert renewed["expiresAt"] > lease["expiresAt"]
    assert await kv.get(lease_prefix + task_id, "json") == renewed
    assert await expiration_of(kv, lease_prefix + task_id) == clock.now_ms() // 1000 + 600


async def test_a_lease_without_nonce_is_renewed(
    queue: httpx.AsyncClient, kv: KVNamespace, lease_prefix: str
) -> None:
    await kv.put(f"{lease_prefix}t1", '{"workerId":"w1","claimedAt":"c"}')
    response = await queue.post("/api/queue/t1/renew", json={"workerId": "w1"})
    assert list(response.json()["lease"]) == ["workerId", "claimedAt", "expiresAt", "renewedAt"]


@pytest.mark.parametrize("stored", [None, '{"workerId":"w2"}', '{"claimedAt":"c"}', "5"])
async def test_only_the_holder_renews(
    queue: httpx.AsyncClient, kv: KVNamespace, lease_prefix: str, stored: str | None
) -> None:
    if stored is not None:
        await kv.put(f"{lease_prefix}t1", stored)
    response = await queue.post("/api/queue/t1/renew", json={"workerId": "w1"})
    assert (response.status_code, response.text) == (403, '{"error":"Invalid lease or not holder"}')
