"""The sliding minute of the queue API and the webhooks."""

from collections.abc import Callable

import httpx
import pytest

from kvstore import Journal, KVError, KVNamespace, ManualClock, SqliteStore
from kvstore.store import Entry

pytestmark = pytest.mark.anyio

Serve = Callable[..., httpx.AsyncClient]
QUEUE_KEY = "ratelimit:queue:key:queue-ke"


async def fill(kv: KVNamespace, key: str, clock: ManualClock, count: int, age_ms: int = 1000) -> None:
    moment = clock.now_ms() - age_ms
    await kv.put(key, f'{{"requests":{[moment] * count}}}', expirationTtl=120)


async def test_the_61st_request_of_a_minute_is_refused(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    for _ in range(60):
        assert (await old.get("/api/queue")).status_code == 200
    refused = await old.get("/api/queue")
    answer = refused.json()
    assert refused.status_code == 429
    assert list(answer) == ["error", "retryAfter", "resetAt"]
    assert answer["error"] == "Too Many Requests"
    assert 1 <= answer["retryAfter"] <= 60
    assert refused.headers["retry-after"] == str(answer["retryAfter"])
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert len((await kv.get(QUEUE_KEY, "json"))["requests"]) == 60


async def test_the_count_is_kept_for_two_minutes(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await old.get("/api/queue")
    [key] = (await kv.list(prefix="ratelimit:"))["keys"]
    assert key == {"name": QUEUE_KEY, "expiration": clock.now_ms() // 1000 + 120}


async def test_a_request_older_than_a_minute_does_not_count(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await fill(kv, QUEUE_KEY, clock, 60, age_ms=60_001)
    assert (await old.get("/api/queue")).status_code == 200


async def test_keys_alike_in_eight_characters_share_the_count(
    serve: Serve, kv: KVNamespace, clock: ManualClock
) -> None:
    await fill(kv, QUEUE_KEY, clock, 60)
    client = serve(ADMIN_API_KEY="queue-ke-admin")
    assert (await client.get("/api/result/x", headers={"X-API-Key": "queue-ke-admin"})).status_code == 429


async def test_the_limit_comes_after_the_key_and_before_the_route(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await fill(kv, QUEUE_KEY, clock, 60)
    assert (await old.get("/api/queue", headers={"X-API-Key": "no"})).status_code == 401
    assert (await old.get("/api/queue/x/nowhere")).status_code == 429


async def test_the_migration_has_no_limit(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await old.get("/api/migrate/status")
    assert (await kv.list(prefix="ratelimit:"))["keys"] == []


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("slack", 100),
        ("discord", 100),
        ("telegram", 60),
        ("whatsapp", 60),
        ("clawdbot", 120),
        ("github", 30),
        ("stripe", 30),
        ("other", 30),
    ],
)
async def test_each_source_has_its_limit(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock, source: str, limit: int
) -> None:
    scope = "unknown" if source == "other" else source
    headers = {"CF-Connecting-IP": "1.2.3.4"}
    await fill(kv, f"ratelimit:{scope}:1.2.3.4", clock, limit - 1)
    last = await old.post(f"/webhook/{source}", content="{oops", headers=headers)
    assert (last.status_code, last.headers["x-ratelimit-remaining"]) == (400, "0")
    assert (await old.post(f"/webhook/{source}", content="{}", headers=headers)).status_code == 429


async def test_a_webhook_tells_what_remains(old: httpx.AsyncClient, clock: ManualClock) -> None:
    headers = (await old.post("/webhook/slack", json={})).headers
    assert headers["x-ratelimit-remaining"] == "99"
    assert 0 <= int(headers["x-ratelimit-reset"]) - clock.now_ms() // 1000 - 60 <= 60


async def test_the_queue_does_not_tell(old: httpx.AsyncClient) -> None:
    assert "x-ratelimit-remaining" not in (await old.get("/api/queue")).headers


class Refusing(Journal):
    """Refuses every put of the limiter, as KV does for a second write within a second."""

    async def put(self, key: str, entry: Entry) -> None:
        if key.startswith("ratelimit:"):
            raise KVError("KV PUT failed: 429 Too Many Requests")
        await super().put(key, entry)


async def test_rate_limit_lets_requests_through_when_kv_refuses(serve: Serve) -> None:
    """H25, as mended in the original's release 2e2205e."""
    client = serve(CACHE=KVNamespace(Refusing(SqliteStore.in_memory())))
    assert (await client.get("/api/queue")).status_code == 200
    assert (await client.post("/webhook/github", json={})).status_code == 200


@pytest.mark.parametrize("stored", ["{oops", "[]", '{"requests":5}', '{"requests":["x",null]}'])
async def test_a_damaged_count_lets_the_request_through(
    old: httpx.AsyncClient, kv: KVNamespace, stored: str
) -> None:
    await kv.put(QUEUE_KEY, stored)
    assert (await old.get("/api/queue")).status_code == 200
