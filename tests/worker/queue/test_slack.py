"""The Slack webhook, step by step."""

import hmac
import json
from collections.abc import Callable
from hashlib import sha256

import httpx
import pytest

from kvstore import KVNamespace, ManualClock

pytestmark = pytest.mark.anyio

Serve = Callable[..., httpx.AsyncClient]
SLACK = "/webhook/slack"
SECRET = "shh"


async def stored(kv: KVNamespace) -> list[str]:
    names = [key["name"] for key in (await kv.list())["keys"]]
    return [name for name in names if not name.startswith("ratelimit:")]


def signed(body: str, timestamp: int, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), sha256).hexdigest()
    return {"x-slack-signature": f"v0={digest}", "x-slack-request-timestamp": str(timestamp)}


async def test_a_message_becomes_a_task(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    event = {"text": "Review the code", "user": "U1", "ts": "1.5", "channel": "C1", "thread_ts": "1.4"}
    response = await old.post(SLACK, json={"event": event, "team_id": "T1"})
    assert response.status_code == 200
    answer = response.json()
    assert list(answer) == ["status", "eventId", "message", "estimatedCompletion"]
    assert (answer["status"], answer["eventId"]) == ("accepted", "slack_1.5")
    message = "Request queued. Poll /api/result/slack_1.5 for result. Delegation: glm, glm"
    assert answer["message"] == message
    assert await stored(kv) == ["event:slack_1.5", "orchestrator:pending", "orchestrator:queue:slack_1.5"]
    task = await kv.get("orchestrator:queue:slack_1.5", "json")
    assert list(task) == [
        "id",
        "type",
        "source",
        "content",
        "priority",
        "metadata",
        "delegationHints",
        "skillHints",
        "queuedAt",
        "status",
    ]
    assert (task["source"], task["content"], task["status"]) == ("slack", "Review the code", "pending")
    assert task["metadata"] == {
        "user": "U1",
        "channel": "C1",
        "channelName": "unknown",
        "threadTs": "1.4",
        "teamId": "T1",
        "rule": None,
    }


async def test_the_guides_own_body_makes_a_task(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    """G41: a message without a user is not taken for a bot's."""
    response = await old.post(SLACK, content='{"event": {"text": "test"}}')
    event_id = response.json()["eventId"]
    assert event_id.startswith("slack_1")
    assert await kv.get("orchestrator:pending", "json") == [event_id]
    task = await kv.get(f"orchestrator:queue:{event_id}", "json")
    assert task["metadata"] == {"channel": "", "channelName": "unknown", "rule": None}


async def test_the_event_is_cached_for_an_hour(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await old.post(SLACK, json={"event": {"text": "hi", "ts": "1"}})
    event = await kv.get("event:slack_1", "json")
    assert list(event) == ["id", "source", "type", "content", "metadata", "requiresOrchestrator"]
    expirations = {key["name"]: key["expiration"] for key in (await kv.list())["keys"]}
    hour = clock.now_ms() // 1000 + 3600
    assert [expirations[name] for name in await stored(kv)] == [hour, hour, hour]


async def test_a_redelivery_is_listed_twice(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    for _ in range(2):
        await old.post(SLACK, json={"event": {"text": "x", "ts": "1"}})
    assert await kv.get("orchestrator:pending") == '["slack_1","slack_1"]'


async def test_the_new_format_has_no_list(new: httpx.AsyncClient, kv: KVNamespace) -> None:
    await new.post(SLACK, json={"event": {"text": "x", "ts": "1"}})
    assert await stored(kv) == ["event:slack_1", "queue:task:slack_1"]


@pytest.mark.parametrize("body", ["{}", '{"event":null}', '{"event":"x"}', "[]", "null", "5"])
async def test_without_an_event_nothing_is_stored(old: httpx.AsyncClient, kv: KVNamespace, body: str) -> None:
    response = await old.post(SLACK, content=body)
    assert (response.status_code, response.text) == (200, "OK")
    assert await stored(kv) == []


async def test_a_bot_is_ignored(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    response = await old.post(SLACK, json={"event": {"text": "x", "user": "U1", "bot_id": "B1"}})
    assert (response.status_code, response.text) == (200, "OK")
    assert await stored(kv) == []


async def test_an_empty_bot_id_is_no_bot(old: httpx.AsyncClient) -> None:
    response = await old.post(SLACK, json={"event": {"text": "x", "bot_id": ""}})
    assert response.json()["status"] == "accepted"


async def test_no_json_is_400(old: httpx.AsyncClient) -> None:
    response = await old.post(SLACK, content="payload=1")
    assert (response.status_code, response.text) == (400, "Invalid JSON")


async def test_the_url_is_verified(old: httpx.AsyncClient) -> None:
    response = await old.post(SLACK, json={"type": "url_verification", "challenge": "c1"})
    assert (response.status_code, response.text) == (200, '{"ok":true,"challenge":"c1"}')


async def test_a_verification_without_challenge_fails(old: httpx.AsyncClient) -> None:
    response = await old.post(SLACK, json={"type": "url_verification"})
    assert (response.status_code, response.text) == (200, '{"ok":false,"error":"Invalid challenge"}')


async def test_a_good_signature_passes(serve: Serve, clock: ManualClock) -> None:
    body = '{"event":{"text":"日本"}}'
    headers = signed(body, clock.now_ms() // 1000 - 200)
    response = await serve(SLACK_SIGNING_SECRET=SECRET).post(SLACK, content=body, headers=headers)
    assert response.json()["status"] == "accepted"


@pytest.mark.parametrize(
    ("age", "secret", "body"),
    [
        (0, "other", "{}"),
        (400, SECRET, "{}"),
        (-400, SECRET, "{}"),
        (0, SECRET, '{"type":"url_verification"}'),
    ],
)
async def test_a_bad_signature_is_401(
    serve: Serve, clock: ManualClock, age: int, secret: str, body: str
) -> None:
    headers = signed("{}", clock.now_ms() // 1000 - age, secret)
    response = await serve(SLACK_SIGNING_SECRET=SECRET).post(SLACK, content=body, headers=headers)
    assert (response.status_code, response.text) == (401, "Invalid signature")


@pytest.mark.parametrize(
    "timestamp",
    ["9" * 5000, "9" * 16, "0" * 5000, "-1", "+1", "1.5", "1e9", "1_0", "\u0661", "\u00b2", "x"],
)
async def test_a_timestamp_that_is_none_is_401(serve: Serve, timestamp: str) -> None:
    headers = [(b"x-slack-signature", b"v0=1"), (b"x-slack-request-timestamp", timestamp.encode())]
    response = await serve(SLACK_SIGNING_SECRET=SECRET).post(SLACK, content="{}", headers=headers)
    assert (response.status_code, response.text) == (401, "Invalid signature")


@pytest.mark.parametrize("headers", [{}, {"x-slack-signature": "v0=1", "x-slack-request-timestamp": "x"}])
async def test_a_missing_signature_is_401(serve: Serve, headers: dict[str, str]) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"})
    response = await serve(SLACK_SIGNING_SECRET=SECRET).post(SLACK, content=body, headers=headers)
    assert response.status_code == 401
