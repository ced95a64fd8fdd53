"""Who may call what: keys of the API, of the health page, and none at all."""

from collections.abc import Callable

import httpx
import pytest

pytestmark = pytest.mark.anyio

Serve = Callable[..., httpx.AsyncClient]
UNAUTHORIZED = (401, '{"error":"Unauthorized"}')
API = ["/api/queue", "/api/queue/x", "/api/result/x", "/api/migrate/status", "/api/anything"]


async def status_with(client: httpx.AsyncClient, path: str, key: str | None) -> int:
    del client.headers["X-API-Key"]
    response = await client.get(path, headers={} if key is None else {"X-API-Key": key})
    if response.status_code == 401:
        assert response.text == UNAUTHORIZED[1]
    return response.status_code


@pytest.mark.parametrize("path", API)
@pytest.mark.parametrize("key", ["queue-key", "admin-key"])
async def test_either_key_opens_the_api(serve: Serve, path: str, key: str) -> None:
    assert await status_with(serve(), path, key) in (200, 404)


@pytest.mark.parametrize("path", API)
@pytest.mark.parametrize("key", [None, "", "queue-ke", "queue-key2", "Queue-Key", "monitoring"])
async def test_no_other_key_does(serve: Serve, path: str, key: str | None) -> None:
    assert await status_with(serve(MONITORING_API_KEY="monitoring"), path, key) == 401


@pytest.mark.parametrize("path", API)
@pytest.mark.parametrize("configured", [None, ""])
async def test_without_a_configured_key_nobody_enters(
    serve: Serve, path: str, configured: str | None
) -> None:
    client = serve(QUEUE_API_KEY=configured, ADMIN_API_KEY=configured)
    assert await status_with(client, path, "") == 401


async def test_a_single_configured_key_is_enough(serve: Serve) -> None:
    assert await status_with(serve(QUEUE_API_KEY=None), "/api/queue", "admin-key") == 200
    assert await status_with(serve(ADMIN_API_KEY=""), "/api/queue", "queue-key") == 200


@pytest.mark.parametrize("path", ["/", "/health"])
@pytest.mark.parametrize(
    ("monitoring", "admin", "key", "expected"),
    [
        (None, None, None, 200),
        (None, "admin-key", None, 401),
        (None, "admin-key", "admin-key", 200),
        (None, "admin-key", "queue-key", 401),
        ("monitoring", "admin-key", "monitoring", 200),
        ("monitoring", "admin-key", "admin-key", 401),
    ],
)
async def test_health_is_public_unless_a_key_is_set(
    serve: Serve, path: str, monitoring: str | None, admin: str | None, key: str | None, expected: int
) -> None:
    client = serve(MONITORING_API_KEY=monitoring, ADMIN_API_KEY=admin)
    assert await status_with(client, path, key) == expected


async def test_a_webhook_needs_no_key(serve: Serve) -> None:
    client = serve()
    del client.headers["X-API-Key"]
    assert (await client.post("/webhook/github", json={})).status_code == 200
