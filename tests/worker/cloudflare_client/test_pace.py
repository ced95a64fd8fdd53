"""The client keeps the API's pace: 1,200 requests in five minutes."""

import httpx
import pytest

from kvstore import ManualClock
from worker.cloudflare.client import ApiClient
from worker.cloudflare.credentials import Credentials

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("host", "seconds"), [("api.example", 300), ("127.0.0.1", 0)])
async def test_the_first_request_too_many_waits_for_the_next_window(host: str, seconds: int) -> None:
    clock = ManualClock(1_800_000_000_000)
    answers = httpx.MockTransport(lambda request: httpx.Response(200, json={"success": True}))
    url = f"http://{host}/client/v4"
    async with ApiClient(url, Credentials(token="t"), clock, transport=answers) as client:
        for _ in range(1200):
            await client.send("GET", "/accounts")
        assert clock.now_ms() == 1_800_000_000_000
        await client.send("GET", "/accounts")
    assert clock.now_ms() == 1_800_000_000_000 + 1000 * seconds
