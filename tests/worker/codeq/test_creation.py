"""POST /tasks."""

from typing import Any

import pytest

from tests.worker.codeq.bench import Bench

pytestmark = pytest.mark.anyio


async def refused(bench: Bench, **body: Any) -> tuple[int, str]:
    answer = await bench.call("/tasks", {"command": "X", "payload": {}, **body}, bench.producer)
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("payload", None, "invalid body"),
        ("command", None, "invalid body"),
        ("command", 5, "invalid body"),
        ("command", " \t", "invalid command"),
        ("priority", "5", "invalid body"),
        ("priority", 10**19, "invalid body"),
        ("webhook", "ftp://host/x", "invalid webhook url"),
        ("webhook", "http://", "invalid webhook url"),
        ("runAt", "2026-01-01T10:00:00", "invalid 'runAt' (use RFC3339)"),
        ("delaySeconds", -1, "invalid 'delaySeconds' (must be >= 0)"),
    ],
)
async def test_create_refuses_with_the_services_own_words(
    bench: Bench, field: str, value: Any, error: str
) -> None:
    assert await refused(bench, **{field: value}) == (400, error)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b"{"])
async def test_create_refuses_a_body_that_is_no_object(bench: Bench, body: bytes) -> None:
    assert (await bench.call("/tasks", body, bench.producer)).json() == {"error": "invalid body"}


@pytest.mark.parametrize(
    ("payload", "stored"), [(0, "0"), ("", '""'), (1.0, "1"), (1e21, "1e+21"), (-0.0, "-0")]
)
async def test_create_keeps_the_payload_as_compact_json_text(bench: Bench, payload: Any, stored: str) -> None:
    assert (await bench.task(await bench.create(payload=payload)))["payload"] == stored


async def test_create_takes_field_names_in_any_case(bench: Bench) -> None:
    answer = await bench.call("/tasks", {"COMMAND": "X", "Payload": 1}, bench.producer)
    assert answer.status_code == 202


@pytest.mark.parametrize(("given", "stored"), [(3, 3), (0, 5), (-2, 5)])
async def test_create_takes_five_attempts_for_none(bench: Bench, given: int, stored: int) -> None:
    assert (await bench.task(await bench.create(maxAttempts=given)))["maxAttempts"] == stored


async def test_create_with_a_delay_waits_in_the_delayed_queue(bench: Bench) -> None:
    task = await bench.create(delaySeconds=30)
    due = bench.clock.now_ms() // 1000 + 30
    assert await bench.score("codeq:q:generate_master:delayed", task) == due
    assert await bench.claim() is None
    await bench.wait(30)
    assert (await bench.claim())["id"] == task


async def test_create_run_at_wins_over_the_delay(bench: Bench) -> None:
    await bench.create(runAt="2026-11-22T00:00:00Z", delaySeconds=30)
    assert await bench.claim() is not None


async def test_create_keeps_a_task_for_a_day(bench: Bench) -> None:
    task = await bench.create()
    end = bench.clock.now_ms() // 1000 + 86_400
    assert await bench.score("codeq:tasks:ttl", task) == end


async def test_create_with_a_known_idempotency_key_answers_the_stored_task(bench: Bench) -> None:
    first = await bench.create(payload=1, idempotencyKey="k")
    again = await bench.call(
        "/tasks", {"command": "OTHER", "payload": 2, "idempotencyKey": "k"}, bench.producer
    )
    assert (again.status_code, again.json()["id"], again.json()["payload"]) == (202, first, "1")
    assert await bench.lasts("codeq:idempo:k", 86_400)


async def test_create_takes_a_blank_idempotency_key_for_none(bench: Bench) -> None:
    assert await bench.create(idempotencyKey=" ") != await bench.create(idempotencyKey=" ")


async def test_create_takes_over_a_key_whose_task_is_gone(bench: Bench) -> None:
    first = await bench.create(idempotencyKey="k")
    await bench.server.call("HDEL", "codeq:tasks", first)
    second = await bench.create(idempotencyKey="k")
    assert second != first
    assert await bench.server.call("GET", "codeq:idempo:k") == second


async def test_create_counts_the_queue_again_when_an_order_is_repeated(bench: Bench) -> None:
    await bench.create(idempotencyKey="k")
    bench.server.take()
    await bench.create(idempotencyKey="k")
    names = [command[0] for command in bench.server.take()]
    assert names == ["get", "hget", *["llen"] * 10, "zrangebyscore"]  # the last asks whom to tell


async def test_create_survives_deep_nesting_and_half_characters(bench: Bench) -> None:
    deep = b'{"command":"X","payload":' + b"[" * 900 + b"]" * 900 + b"}"
    assert (await bench.call("/tasks", deep, bench.producer)).status_code in (202, 400)
    halved = b'{"command":"\\ud800","payload":"\\udfff","idempotencyKey":"\\ud800"}'
    answer = await bench.call("/tasks", halved, bench.producer)
    assert (answer.json()["command"], answer.json()["payload"]) == ("\ufffd", '"\ufffd"')
