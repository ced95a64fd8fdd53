"""Subscriptions, and the notifications that they bring."""

import json
from typing import Any

import httpx
import pytest

from tests.worker.codeq.bench import Bench, signature

pytestmark = pytest.mark.anyio
PATH = "/workers/subscriptions"


async def subscribe(bench: Bench, name: str, **fields: Any) -> str:
    body = {"callbackUrl": f"http://listener.test/{name}", **fields}
    subscription: str = (await bench.call(PATH, body)).json()["subscriptionId"]
    return subscription


def told(posts: list[httpx.Request]) -> list[str]:
    return [post.url.path[1:] for post in posts]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"callbackUrl": None}, "invalid body"),
        ({"callbackUrl": "nowhere"}, "invalid callback url"),
        ({"deliveryMode": "pigeon"}, "invalid deliveryMode"),
        ({"deliveryMode": "group"}, "groupId is required"),
        ({"eventTypes": "GENERATE_MASTER"}, "invalid body"),
    ],
)
async def test_subscribe_refuses_with_the_services_own_words(
    bench: Bench, fields: dict[str, Any], error: str
) -> None:
    answer = await bench.call(PATH, {"callbackUrl": "http://listener.test/", **fields})
    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_subscribe_is_for_both_commands_and_five_minutes_unless_told(bench: Bench) -> None:
    subscription = await subscribe(bench, "a")
    end = bench.clock.now_ms() // 1000 + 300
    for command in ("generate_master", "generate_creative"):
        assert await bench.score(f"codeq:subs:{command}", subscription) == end


async def test_notify_when_an_empty_queue_gets_its_first_task(bench: Bench) -> None:
    subscription = await subscribe(bench, "a")
    await bench.create()
    [post] = bench.network.posts
    assert post.headers["X-CodeQ-Signature"] == signature(post)
    assert json.loads(post.content) == {
        "available": True,
        "claimUrl": "/v1/codeq/tasks/claim",
        "eventType": "GENERATE_MASTER",
        "notificationId": f"ntf-{subscription}",
        "queueDepth": 0,
        "sentAt": "2026-11-22T01:34:43Z",
    }
    assert await bench.server.call("GET", f"codeq:subs:last:{subscription}") == "1"


async def test_notify_not_when_the_queue_had_work(bench: Bench) -> None:
    await bench.create()
    await subscribe(bench, "a")
    await bench.create(priority=9)
    assert bench.network.posts == []


async def test_notify_not_more_often_than_wanted(bench: Bench) -> None:
    await subscribe(bench, "a", minIntervalSeconds=100)
    for wait in (0, 50, 50):
        await bench.wait(wait)
        await bench.claimed()
    assert told(bench.network.posts) == ["a", "a"]


async def test_notify_not_after_the_subscription_ended(bench: Bench) -> None:
    await subscribe(bench, "a", ttlSeconds=60)
    await bench.wait(61)
    await bench.create()
    assert bench.network.posts == []


async def test_notify_longer_after_a_heartbeat(bench: Bench) -> None:
    subscription = await subscribe(bench, "a", ttlSeconds=60)
    await bench.call(f"{PATH}/{subscription}/heartbeat", b"")
    await bench.wait(200)
    await bench.create()
    assert told(bench.network.posts) == ["a"]


async def test_notify_everyone_in_fanout_and_one_of_each_group_in_turn(bench: Bench) -> None:
    for name in ("a", "b"):
        await subscribe(bench, name)
    for name in ("g1", "g2"):
        await subscribe(bench, name, deliveryMode="group", groupId="g")
    for _ in range(2):
        await bench.claimed()
        await bench.wait(5)
    posts = told(bench.network.posts)
    assert sorted(posts) == ["a", "a", "b", "b", "g1", "g2"]


async def test_notify_one_of_those_in_mode_hash(bench: Bench) -> None:
    for name in ("a", "b"):
        await subscribe(bench, name, deliveryMode="hash")
    await bench.create()
    assert len(bench.network.posts) == 1


async def test_notify_failure_does_not_fail_the_create(bench: Bench) -> None:
    await subscribe(bench, "a")
    bench.network.statuses = [500]
    assert await bench.create()


async def test_subscription_survives_an_unreadable_neighbour(bench: Bench) -> None:
    broken = await subscribe(bench, "a")
    await bench.server.call("HSET", "codeq:subs", broken, "{")
    await subscribe(bench, "b")
    await bench.create()
    assert told(bench.network.posts) == ["b"]
    assert (await bench.call(f"{PATH}/{broken}/heartbeat", {})).status_code == 404
