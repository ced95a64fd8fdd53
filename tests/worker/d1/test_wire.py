"""The recorded exchanges between a real binding and its service, with either side of ours."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.worker.d1.playing import play
from tests.worker.d1.recordings import VECTORS, Case, difference, value_difference
from worker.d1 import Answer, Ask, D1Database, Database
from worker.d1.wire import DATABASE_HEADER, TOKEN_HEADER, create_d1_app

pytestmark = pytest.mark.anyio

RECORDED = json.loads((VECTORS / "http.json").read_text())
DISK = json.loads((VECTORS / "disk.json").read_text())


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    database = Database()
    transport = httpx.ASGITransport(create_d1_app(lambda _: database))
    headers = {DATABASE_HEADER: "any"}
    async with httpx.AsyncClient(transport=transport, base_url="http://d1", headers=headers) as client:
        yield client
    database.close()


async def test_every_recorded_request_gets_the_recorded_answer(client: httpx.AsyncClient) -> None:
    for case in RECORDED["cases"]:
        for exchange in case["exchanges"]:
            request, expected = exchange["request"], exchange["response"]
            headers = {TOKEN_HEADER: request["headers"][TOKEN_HEADER]}
            content = json.dumps(request["body"]) if request["body"] else ""
            answer = await client.post(request["target"], headers=headers, content=content)
            body = answer.json() if expected["body"] else answer.text
            assert (case["id"], value_difference(body, expected["body"])) == (case["id"], None)
            assert answer.status_code == expected["status"]
            assert (TOKEN_HEADER in answer.headers) == (TOKEN_HEADER in expected["headers"])


async def test_the_binding_says_what_the_real_one_says_of_these_exchanges() -> None:
    database = Database()
    for case in RECORDED["cases"]:
        outcomes = await play(Case("http", case["id"], case["steps"]), D1Database(database))
        for step, outcome in zip(case["steps"], outcomes, strict=True):
            assert (case["id"], difference(outcome, step["expect"])) == (case["id"], None)
    database.close()


@pytest.mark.parametrize("case", RECORDED["service_answers"], ids=lambda case: case["id"])
async def test_the_binding_takes_any_answer_as_the_real_one_does(case: dict[str, Any]) -> None:
    asked: list[str] = []

    async def service(ask: Ask) -> Answer:
        asked.append("/dump" if ask.endpoint == "dump" else f"/{ask.endpoint}?resultsFormat={ask.format}")
        return _answer(case["answer"])

    outcomes = await play(Case("http", case["id"], case["steps"]), D1Database(service))
    for step, outcome in zip(case["steps"], outcomes, strict=True):
        assert difference(outcome, step["expect"]) is None
    assert asked == case["requests"]


def _answer(given: dict[str, Any]) -> Answer:
    body, bookmark = given["body"], given.get("headers", {}).get(TOKEN_HEADER)
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = body.encode()
    return Answer(body, bookmark, given["status"])


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/query", "", 404),
        ("POST", "/nowhere", "{}", 404),
        ("POST", "/query", "no JSON", 500),
        ("POST", "/query", "[1]", 500),
        ("POST", "/query", '{"sql": 5}', 500),
        ("POST", "/query", '{"sql": "SELECT ?", "params": [true]}', 500),
        ("POST", "/query", '{"sql": "SELECT ?", "params": [["x"]]}', 500),
        ("POST", "/query", '{"sql": "SELECT ?", "params": {"a": 1}}', 500),
    ],
)
async def test_wire_refuses_requests_that_no_binding_sends(
    client: httpx.AsyncClient, method: str, path: str, content: str, status: int
) -> None:
    answer = await client.request(method, path, content=content)
    assert answer.status_code == status


async def test_only_this_machine_or_a_token_gets_in() -> None:
    app = create_d1_app(lambda _: Database(), token="secret")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://d1") as client:
        assert (await client.post("/query", headers={DATABASE_HEADER: "x"}, json={})).status_code == 401
        carried = {DATABASE_HEADER: "x", "Authorization": "Bearer secret"}
        assert (await client.post("/query", headers=carried, json={"sql": "SELECT 1"})).status_code == 200
