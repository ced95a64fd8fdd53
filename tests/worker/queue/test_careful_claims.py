"""Careful claims, in the dual format and in the new one."""

import httpx
import pytest

from kvstore import Entry, Journal, KVError, SqliteStore
from tests.worker.queue.deployment import CLOCK, NEW, NEW_LEASE, Deployment, in_seconds, lease, tasks

pytestmark = pytest.mark.anyio

CLAIM = "/api/queue/claim"


@pytest.fixture(params=["dual", "new"])
def client(one: Deployment, request: pytest.FixtureRequest) -> httpx.AsyncClient:
    return one.client(QUEUE_FORMAT=request.param, MIGRATION="documented", CLAIMS="careful")


async def claim(client: httpx.AsyncClient, **body: object) -> object:
    response = await client.post(CLAIM, json=body)
    assert response.status_code == 200
    return response.json().get("taskId")


@pytest.mark.parametrize("body", ["{oops", "", "null", "0"])
async def test_a_poison_task_is_passed_over(one: Deployment, client: httpx.AsyncClient, body: str) -> None:
    """H57, I28: it costs no request, and no lease of it is left."""
    await one.put({NEW + "a": body, **tasks(["b"], NEW)})
    assert await claim(client) == "b"
    assert await one.keys(NEW_LEASE) == [NEW_LEASE + "b"]


async def test_a_completed_task_is_passed_over(one: Deployment, client: httpx.AsyncClient) -> None:
    """I5."""
    await one.put({**tasks(["a"], NEW), "orchestrator:result:a": "{}"})
    assert await claim(client) is None


async def test_an_id_too_long_to_complete_blocks_nobody(one: Deployment, client: httpx.AsyncClient) -> None:
    """H63."""
    await one.put(tasks(["a" * 501, "b"], NEW))
    assert await claim(client) == "b"


async def test_a_lease_of_seconds_ends_when_it_says(one: Deployment, client: httpx.AsyncClient) -> None:
    """H53: KV keeps it for a minute, ``expiresAt`` does not."""
    await one.put(tasks(["a"], NEW))
    assert await claim(client, leaseDurationSec=5) == "a"
    assert (await one.store.entries())[NEW_LEASE + "a"].expiration == in_seconds(60)
    CLOCK.advance(4999)
    assert await claim(client) is None
    CLOCK.advance(1)
    assert await claim(client) == "a"


async def test_an_ended_lease_cannot_be_renewed(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"], NEW), NEW_LEASE + "a": lease("w", 5)})
    CLOCK.advance(5000)
    assert (await client.post("/api/queue/a/renew", json={"workerId": "w"})).status_code == 403


@pytest.mark.parametrize("body", [b"{oops", b'{"workerId":"w"}', b"[]"])
async def test_a_lease_that_does_not_say_holds_as_long_as_its_key(
    one: Deployment, client: httpx.AsyncClient, body: bytes
) -> None:
    """H52."""
    await one.put({**tasks(["a"], NEW), NEW_LEASE + "a": Entry(body, in_seconds(100))})
    assert await claim(client) is None
    CLOCK.advance(100_000)
    assert await claim(client) == "a"


async def test_the_oldest_comes_first(one: Deployment, client: httpx.AsyncClient) -> None:
    """H65, I27: among the first of a listing."""
    for name, day in (("a", 3), ("b", 1), ("c", 2)):
        await one.put({NEW + name: f'{{"queuedAt":"2026-01-0{day}T00:00:00.000Z"}}'})
    assert [await claim(client) for _ in range(3)] == ["b", "c", "a"]


async def test_tasks_beyond_the_first_page_are_claimed(one: Deployment, client: httpx.AsyncClient) -> None:
    """H01, H02."""
    names = [f"t{number:04}" for number in range(1050)]
    await one.put({**tasks(names, NEW), **{NEW_LEASE + name: lease("w", 300) for name in names[:1049]}})
    assert await claim(client) == "t1049"


async def test_a_task_whose_lease_is_refused_is_passed_over(one: Deployment) -> None:
    """H25."""

    class Refusing(Journal):
        async def put(self, key: str, entry: Entry) -> None:
            if key == NEW_LEASE + "a":
                raise KVError("KV PUT failed: 429 Too Many Requests")
            await super().put(key, entry)

    store = SqliteStore.in_memory(CLOCK)
    refusing = Deployment(store, Refusing(store))
    await refusing.put(tasks(["a", "b"], NEW))
    assert await claim(refusing.client()) == "b"


async def test_a_lease_overwritten_by_another_is_not_won(one: Deployment) -> None:
    """H21: the nonce is looked at once more."""

    class Contested(Journal):
        async def put(self, key: str, entry: Entry) -> None:
            await super().put(key, entry)
            if key == NEW_LEASE + "a":
                await super().put(key, lease("other", 300))

    store = SqliteStore.in_memory(CLOCK)
    contested = Deployment(store, Contested(store))
    await contested.put(tasks(["a"], NEW))
    assert await claim(contested.client()) is None
    assert (await store.entries())[NEW_LEASE + "a"] == lease("other", 300)


async def test_a_claim_costs_few_operations(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put(tasks([f"{number}" for number in range(20)], NEW))
    await claim(client)
    verbs = [event.verb for event in one.journal.events if not event.key.startswith("ratelimit:")]
    assert (verbs.count("get_many"), verbs.count("put"), verbs.count("delete")) == (2, 1, 0)
    assert verbs.count("scan") <= 4


class RefusingLeases(Journal):
    """The day's quota is used up: KV refuses every lease."""

    async def put(self, key: str, entry: Entry) -> None:
        if key.startswith(NEW_LEASE):
            self.asked = getattr(self, "asked", 0) + 1
            raise KVError("KV PUT failed: 429 Too Many Requests")
        await super().put(key, entry)


async def test_a_claim_gives_up_after_three_refusals() -> None:
    store = SqliteStore.in_memory(CLOCK)
    layer = RefusingLeases(store)
    one = Deployment(store, layer)
    await one.put(tasks(list("abcdefgh"), NEW))
    answer = await one.client().post("/api/queue/claim", json={"workerId": "w"})
    assert (answer.status_code, layer.asked) == (500, 3)
    assert "429 Too Many Requests" in answer.text
