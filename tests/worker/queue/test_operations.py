"""How many KV operations a request costs: §1.8, the ground of every budget and quota hazard."""

from collections import Counter

import httpx
import pytest

from kvstore import Journal, KVNamespace

pytestmark = pytest.mark.anyio

SLACK = {"event": {"text": "test"}}


def spent(journal: Journal, since: int) -> tuple[int, int, int, int]:
    counts = Counter(event.verb for event in journal.events[since:])
    return counts["get"], counts["put"], counts["delete"], counts["scan"]


@pytest.mark.parametrize(
    ("queue_format", "expected"), [("old", (2, 4, 0, 0)), ("new", (1, 3, 0, 0))], indirect=["queue_format"]
)
async def test_enqueue(queue: httpx.AsyncClient, journal: Journal, expected: tuple[int, ...]) -> None:
    await queue.post("/webhook/slack", json=SLACK)
    assert spent(journal, 0) == expected


@pytest.mark.parametrize(
    ("queue_format", "expected"), [("old", (2, 1, 0, 0)), ("new", (1, 1, 0, 1))], indirect=["queue_format"]
)
async def test_list(queue: httpx.AsyncClient, journal: Journal, expected: tuple[int, ...]) -> None:
    await queue.get("/api/queue")
    assert spent(journal, 0) == expected


@pytest.mark.parametrize(
    ("queue_format", "expected"), [("old", (4, 2, 0, 1)), ("new", (3, 2, 0, 2))], indirect=["queue_format"]
)
async def test_claim(queue: httpx.AsyncClient, journal: Journal, expected: tuple[int, ...]) -> None:
    await queue.post("/webhook/slack", json=SLACK)
    before = len(journal.events)
    await queue.post("/api/queue/claim", json={})
    assert spent(journal, before) == expected


async def test_claim_past_a_dangling_id(old: httpx.AsyncClient, kv: KVNamespace, journal: Journal) -> None:
    await kv.put("orchestrator:pending", '["gone","here"]')
    await kv.put("orchestrator:queue:here", '{"id":"here"}')
    before = len(journal.events)
    await old.post("/api/queue/claim", json={})
    assert spent(journal, before) == (6, 3, 1, 1)


@pytest.mark.parametrize(
    ("queue_format", "expected"), [("old", (2, 3, 1, 0)), ("new", (1, 2, 2, 0))], indirect=["queue_format"]
)
async def test_result(queue: httpx.AsyncClient, journal: Journal, expected: tuple[int, ...]) -> None:
    await queue.post("/api/result/t1", json={})
    assert spent(journal, 0) == expected


@pytest.mark.usefixtures("guide_five")
async def test_migration(old: httpx.AsyncClient, journal: Journal) -> None:
    before = len(journal.events)
    await old.get("/api/migrate/status")
    assert spent(journal, before) == (1, 0, 0, 3)
    before = len(journal.events)
    await old.post("/api/migrate/run")
    assert spent(journal, before) == (16, 7, 8, 1)
    before = len(journal.events)
    await old.post("/api/migrate/rollback")
    assert spent(journal, before) == (0, 0, 7, 2)
