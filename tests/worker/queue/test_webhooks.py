"""The webhooks of the other channels, and what happens around every channel."""

import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from kvstore import Journal, KVError, KVNamespace, SqliteStore
from kvstore.store import Entry

pytestmark = pytest.mark.anyio

Serve = Callable[..., httpx.AsyncClient]
CUSTOMER = {"id": "1", "channel": "web", "message": "hello", "user": {"id": "u"}}
TELEGRAM = {"update_id": 7, "message": {"message_id": 3, "text": "hello", "chat": {"id": 9}}}
WHATSAPP = {
    "entry": [{"changes": [{"value": {"messages": [{"id": "w1", "from": "49", "text": {"body": "hello"}}]}}]}]
}


async def stored(kv: KVNamespace) -> list[str]:
    names = [key["name"] for key in (await kv.list())["keys"]]
    return [name for name in names if not name.startswith("ratelimit:")]


async def task_of(client: httpx.AsyncClient, response: httpx.Response) -> Any:
    assert response.json()["status"] == "accepted"
    return (await client.get(f"/api/queue/{response.json()['eventId']}")).json()


@pytest.mark.parametrize("source", ["github", "stripe", "elsewhere"])
@pytest.mark.parametrize("payload", ['{"b": [1, 2.0]}', '"hello"', "null", "5"])
async def test_any_json_becomes_a_task(old: httpx.AsyncClient, source: str, payload: str) -> None:
    task = await task_of(old, await old.post(f"/webhook/{source}", content=payload))
    assert re.fullmatch(r"evt_\d{13}_[0-9a-z]{9}", task["id"])
    assert task["source"] == ("unknown" if source == "elsewhere" else source)
    assert task["content"] == payload.replace(" ", "").replace("2.0", "2")
    assert task["metadata"] == {}


async def test_no_json_becomes_none(old: httpx.AsyncClient) -> None:
    response = await old.post("/webhook/github", content="payload=1")
    assert (response.status_code, response.text) == (400, "Invalid JSON payload")


@pytest.mark.parametrize("path", ["/webhook/x/slack", "/webhook/github/slack", "/webhook/slack"])
async def test_the_first_known_source_in_the_path_decides(old: httpx.AsyncClient, path: str) -> None:
    assert (await old.post(path, json={})).text == "OK"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_a_delivery(old: httpx.AsyncClient, method: str) -> None:
    response = await old.request(method, "/webhook/slack")
    assert (response.status_code, response.text) == (405, "Method not allowed")


async def test_without_the_namespace_no_task_is_accepted(serve: Serve) -> None:
    response = await serve(CACHE=None).post("/webhook/github", json={})
    assert (response.status_code, response.text) == (503, '{"error":"KV not configured"}')


async def test_an_unknown_format_stores_nothing(serve: Serve, kv: KVNamespace) -> None:
    response = await serve(QUEUE_FORMAT="v1").post("/webhook/github", json={})
    assert (response.status_code, "QUEUE_FORMAT" in response.text) == (500, True)
    assert await stored(kv) == []


class OncePerSecond(Journal):
    """Takes one put of the pending list and refuses the next, as KV does within a second."""

    async def put(self, key: str, entry: Entry) -> None:
        if key == "orchestrator:pending" and await self.store.get(key):
            raise KVError("KV PUT failed: 429 Too Many Requests")
        await super().put(key, entry)


async def test_a_refused_list_leaves_an_orphan_and_a_500(serve: Serve) -> None:
    """H27: the task is written, its id is not."""
    kv = KVNamespace(OncePerSecond(SqliteStore.in_memory()))
    client = serve(CACHE=kv)
    await client.post("/webhook/clawdbot", json=CUSTOMER)
    response = await client.post("/webhook/clawdbot", json={**CUSTOMER, "id": "2"})
    assert response.status_code == 500
    assert list(response.json()) == ["error", "requestId"]
    assert response.json()["error"] == "Internal server error"
    assert re.fullmatch(r"req_\d{13}_[0-9a-z]{6}", response.json()["requestId"])
    assert await kv.get("orchestrator:queue:clawdbot_2") is not None
    assert await kv.get("orchestrator:pending") == '["clawdbot_1"]'


async def test_a_customers_message_keeps_what_it_came_with(old: httpx.AsyncClient) -> None:
    payload = {**CUSTOMER, "timestamp": "t", "replyTo": "r"}
    task = await task_of(old, await old.post("/webhook/clawdbot", json=payload))
    assert (task["id"], task["content"], task["priority"]) == ("clawdbot_1", "hello", "medium")
    assert task["metadata"] == {
        "channel": "web",
        "user": {"id": "u"},
        "replyTo": "r",
        "originalTimestamp": "t",
    }


@pytest.mark.parametrize("missing", ["id", "channel", "message", "user"])
@pytest.mark.parametrize("value", [None, 5])
async def test_a_customers_message_must_be_whole(old: httpx.AsyncClient, missing: str, value: object) -> None:
    response = await old.post("/webhook/clawdbot", json={**CUSTOMER, missing: value})
    assert (response.status_code, response.text) == (400, "Invalid ClawdBot payload")


async def test_a_discord_command_becomes_a_task(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    command = {"name": "ask", "options": [{"name": "q", "value": "why"}, {"name": "n", "value": 2}]}
    interaction = {"type": 2, "id": "77", "data": command, "member": {"user": {"id": "u", "username": "n"}}}
    response = await old.post("/webhook/discord", json=interaction)
    assert (response.status_code, response.text) == (200, '{"type":5}')
    task = await kv.get("orchestrator:queue:discord_77", "json")
    assert task["content"] == "/ask q:why n:2"
    assert task["metadata"]["username"] == "n"


async def test_discords_ping_is_answered(old: httpx.AsyncClient) -> None:
    assert (await old.post("/webhook/discord", json={"type": 1})).text == '{"type":1}'


@pytest.mark.parametrize("body", ["[]", '{"type":2}'])
async def test_a_discord_body_must_be_an_interaction(old: httpx.AsyncClient, body: str) -> None:
    response = await old.post("/webhook/discord", content=body)
    assert (response.status_code, response.text) == (400, "Invalid Discord interaction")


async def test_discords_signatures_cannot_be_verified(serve: Serve) -> None:
    response = await serve(DISCORD_PUBLIC_KEY="ab" * 32).post("/webhook/discord", json={"type": 1})
    assert response.status_code == 401
    assert response.text.startswith("Invalid signature")


async def test_a_telegram_message_never_becomes_a_task(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    response = await old.post("/webhook/telegram", json=TELEGRAM)
    assert list(response.json()) == ["eventId", "response", "handledBy"]
    assert response.json()["handledBy"] == "workers-ai"
    assert await stored(kv) == ["event:telegram_7_3"]


async def test_telegrams_token_is_checked(serve: Serve) -> None:
    client = serve(TELEGRAM_SECRET_TOKEN="t")
    refused = await client.post("/webhook/telegram", json=TELEGRAM)
    assert (refused.status_code, refused.text) == (401, "Unauthorized")
    headers = {"X-Telegram-Bot-Api-Secret-Token": "t"}
    assert (await client.post("/webhook/telegram", json=TELEGRAM, headers=headers)).status_code == 200


async def test_a_whatsapp_message_never_becomes_a_task(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    assert (await old.post("/webhook/whatsapp", json=WHATSAPP)).text == "OK"
    assert await stored(kv) == ["event:whatsapp_w1"]


@pytest.mark.parametrize("body", ["{}", "[]", '{"entry":[5,{"changes":{}}]}'])
async def test_whatsapp_always_hears_ok(old: httpx.AsyncClient, kv: KVNamespace, body: str) -> None:
    assert (await old.post("/webhook/whatsapp", content=body)).text == "OK"
    assert await stored(kv) == []


async def test_whatsapps_signature_is_checked(serve: Serve) -> None:
    client = serve(WHATSAPP_APP_SECRET="s")
    refused = await client.post("/webhook/whatsapp", content="{}")
    assert (refused.status_code, refused.text) == (401, "Unauthorized")
    signature = "sha256=" + hmac.new(b"s", b"{}", sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature}
    assert (await client.post("/webhook/whatsapp", content="{}", headers=headers)).text == "OK"


async def test_whatsapps_subscription_is_confirmed(serve: Serve) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "t", "hub.challenge": "c 1"}
    response = await serve(WHATSAPP_VERIFY_TOKEN="t").get("/webhook/whatsapp", params=query)
    assert (response.status_code, response.text) == (200, "c 1")


@pytest.mark.parametrize("configured", [None, "other"])
async def test_whatsapps_subscription_needs_the_token(serve: Serve, configured: str | None) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "t", "hub.challenge": "c"}
    response = await serve(WHATSAPP_VERIFY_TOKEN=configured).get("/webhook/whatsapp", params=query)
    assert (response.status_code, response.text) == (403, "Forbidden")
