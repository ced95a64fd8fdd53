"""Whatever a body or a header says, each of the three services answers in words, and none fails."""

import itertools
import json
from typing import Any

import httpx
import pytest

from tests.worker.codeq.bench import Bench
from worker.codeq import Issuer, Recording
from worker.codeq.servers import embedded

pytestmark = pytest.mark.anyio

VALUES = [
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1.5",
    b"1e400",
    b"9223372036854775807",
    b"-9223372036854775809",
    b"9" * 5000,
    b"NaN",
    b"-Infinity",
    b'""',
    b'" "',
    b'"\\ud800"',
    b'"\\u0000\xff"',
    b'"http://[::1"',
    b'"2026-99-99T00:00:00Z"',
    b'"' + b"x" * 100_000 + b'"',
    b"[]",
    b'[null,1,"\\udfff",[],{}]',
    b"{}",
    b'{"\\ud800":NaN}',
    b'{"a":{"\\ud800":["\\udc00"]}}',
    b"[" * 600 + b"]" * 600,
    b"[" * 100_000,
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"",
    b"{",
    b"\xff\xfe{}",
]
CODEQ = {
    "/tasks": "command payload priority webhook maxAttempts idempotencyKey runAt delaySeconds",
    "/tasks/claim": "commands leaseSeconds waitSeconds",
    "/tasks/ID/heartbeat": "extendSeconds",
    "/tasks/ID/abandon": "",
    "/tasks/ID/nack": "delaySeconds reason",
    "/tasks/ID/result": "status result error artifacts",
    "/workers/subscriptions": "callbackUrl eventTypes ttlSeconds deliveryMode groupId minIntervalSeconds",
    "/workers/subscriptions/ID/heartbeat": "ttlSeconds",
    "/admin/tasks/cleanup": "limit before",
}
SCHEDULER = {
    "/tasks": "command payload priority webhook",
    "/tasks/claim": "workerId commands leaseSeconds",
    "/tasks/ID/heartbeat": "workerId extendSeconds",
    "/tasks/ID/abandon": "workerId",
    "/tasks/ID/result": "workerId status",
    "/admin/tasks/cleanup": "limit before",
}
ISSUER = {
    "/lookup": "idToken",
    "/token/exchange": "idToken audience subject scopes eventTypes tenantId ttlSeconds",
}
GOOD: dict[str, Any] = {
    "command": "GENERATE_MASTER",
    "payload": {},
    "status": "COMPLETED",
    "result": {},
    "workerId": "w",
    "callbackUrl": "http://listener.test/",
}
HEADERS: list[tuple[bytes, bytes]] = [
    (b"authorization", b"Bearer \xe9\x80"),
    (b"authorization", b"Bearer"),
    (b"authorization", b"Bearer " + b"." * 70_000),
    (b"authorization", b"Bearer e30.e30.e30"),
    (b"authorization", b"Bearer W10.MQ.x"),
    (b"authorization", b"Bearer " + b"W1tb" * 5000 + b".e30.x"),
    (b"content-length", b"-1"),
    (b"content-length", b"9" * 5000),
    (b"content-type", b"\xff; charset=\xfe"),
    (b"x-request-id", b"\x80" * 300),
    (b"x-role", b"\xdf"),
]


@pytest.fixture
async def bench(signer: Issuer, clock: Any) -> Bench:
    return Bench(Recording(embedded()), signer, clock)


def bodies(members: str, **known: Any) -> list[bytes]:
    """Each value as the whole body, and as each of the members beside what is right for the others."""
    made = list(VALUES)
    right = {name: good for name, good in {**GOOD, **known}.items() if name in members.split()}
    for name, value in itertools.product(members.split(), VALUES):
        others = json.dumps({other: good for other, good in right.items() if other != name})[1:-1].encode()
        made.append(b'{"%s":%s%s%s}' % (name.encode(), value, b"," if others else b"", others))
    return made


async def claimed(bench: Bench) -> str:
    await bench.create()
    task: str = (await bench.claim())["id"]
    return task


async def ask(app: Any, path: str, body: bytes, *headers: tuple[bytes, bytes]) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)  # raises what the app lets through
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post(path, content=body, headers=list(headers))


def in_words(answer: httpx.Response) -> None:
    # Some errors are a 500 of the real services', with their text.
    said = (answer.request.url.path, answer.request.content[:200], answer.text)
    assert answer.status_code < 400 or answer.text == "404 page not found" or answer.json()["error"], said


@pytest.mark.parametrize("path", CODEQ)
async def test_codeq_answers_any_body(bench: Bench, path: str) -> None:
    token = bench.admin if "admin" in path else bench.producer if path == "/tasks" else bench.worker
    for body in bodies(CODEQ[path]):
        task = await claimed(bench) if "/tasks/ID" in path else "none"
        where = f"/v1/codeq{path.replace('ID', task)}"
        in_words(await ask(bench.codeq, where, body, (b"authorization", f"Bearer {token}".encode())))


@pytest.mark.parametrize("path", SCHEDULER)
async def test_the_scheduler_answers_any_body(bench: Bench, path: str) -> None:
    given = [(b"authorization", f"Bearer {bench.id_token}".encode()), (b"x-role", b"ADMIN")]
    for body in bodies(SCHEDULER[path]):
        in_words(await ask(bench.scheduler, f"/v1/scheduler{path.replace('ID', 'none')}", body, *given))


@pytest.mark.parametrize("path", ISSUER)
async def test_the_issuer_answers_any_body(bench: Bench, path: str) -> None:
    for body in bodies(ISSUER[path], idToken=bench.id_token):
        answer = await ask(bench.issuer.app, f"/v1/accounts{path}", body)
        in_words(answer)
        assert answer.status_code < 500


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: repr(header)[:40])
async def test_each_service_answers_any_header(bench: Bench, header: tuple[bytes, bytes]) -> None:
    for app, paths, base in (
        (bench.codeq, CODEQ, "/v1/codeq"),
        (bench.scheduler, SCHEDULER, "/v1/scheduler"),
        (bench.issuer.app, ISSUER, "/v1/accounts"),
    ):
        for path in paths:
            in_words(await ask(app, base + path.replace("ID", "\u2028"), b"{}", header))
