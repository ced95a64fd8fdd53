"""Who may do what, beyond what the recorded walk shows."""

import asyncio
from typing import Any

import httpx
import pytest
from joserfc import jws

from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq.bench import IDENTITY, Bench
from worker.codeq import Issuer, Recording, Settings, SettingsError, create_codeq

pytestmark = pytest.mark.anyio
TASK = {"command": "X", "payload": 1}


async def create(bench: Bench, token: str) -> tuple[int, str]:
    answer = await bench.call("/tasks", TASK, token)
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ("", "missing Authorization header"),
        ("Bearer", "invalid Authorization format"),
        ("Bearer one", "token is malformed: token contains an invalid number of segments"),
    ],
)
async def test_a_header_that_is_no_bearer_is_refused(bench: Bench, header: str, error: str) -> None:
    answer = await bench.call("/tasks", TASK, headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"error": error})


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
async def test_every_rsa_pkcs1_algorithm_passes(bench: Bench, algorithm: str) -> None:
    token = bench.issuer.token({"aud": "codeq-producer", "sub": "p"}, {"alg": algorithm})
    assert (await create(bench, token))[0] == 202


async def test_a_changed_token_is_refused(bench: Bench) -> None:
    head, _, signature = bench.producer.split(".")
    other = bench.worker.split(".")[1]
    error = "token signature is invalid: crypto/rsa: verification error"
    assert await create(bench, f"{head}.{other}.{signature}") == (401, error)


async def test_a_token_ends_to_the_second_without_leeway(bench: Bench) -> None:
    token = bench.issuer.producer_token(exp=bench.clock.now_ms() // 1000 + 1)
    assert (await create(bench, token))[0] == 202
    bench.clock.advance(1000)
    assert (await create(bench, token))[0] == 401


async def test_a_token_that_does_not_count_yet_is_refused(bench: Bench) -> None:
    token = bench.issuer.producer_token(nbf=bench.clock.now_ms() // 1000 + 60)
    assert await create(bench, token) == (401, "token has invalid claims: token is not valid yet")


async def test_a_worker_token_does_not_create_and_a_producer_token_does_not_claim(bench: Bench) -> None:
    assert await create(bench, bench.worker) == (401, "invalid audience: [codeq-worker]")
    assert (await bench.call("/tasks/claim", {}, bench.producer)).status_code == 401


async def test_an_id_token_of_the_scheduler_opens_nothing(bench: Bench) -> None:
    assert (await create(bench, bench.id_token))[0] == 401


@pytest.mark.parametrize("verb", ["claim", "none/heartbeat", "none/abandon", "none/nack", "none/result"])
async def test_every_worker_route_has_a_scope_of_its_own(bench: Bench, verb: str) -> None:
    token = bench.issuer.worker_token(scope="codeq:subscribe")
    answer = await bench.call(f"/tasks/{verb}", {}, token)
    assert (answer.status_code, answer.json()) == (403, {"error": "missing scope"})


@pytest.mark.parametrize(
    ("claims", "headers", "status"),
    [
        ({"scope": "other codeq:admin"}, {}, 200),
        ({"role": "admin"}, {}, 200),
        ({}, {"X-Role": "ADMIN"}, 200),
        ({"role": "USER"}, {"X-Role": "ADMIN"}, 401),
        ({}, {}, 401),
    ],
)
async def test_administrators_have_the_scope_the_role_or_in_dev_the_header(
    bench: Bench, claims: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    token = bench.issuer.producer_token(**claims)
    answer = await bench.call("/admin/queues", token=token, headers=headers)
    assert answer.status_code == status


async def test_the_role_header_counts_for_nothing_outside_dev(
    server: Recording, signer: Issuer, clock: ManualClock
) -> None:
    jwks = "http://identity.test/v1/.well-known/jwks.json"
    bench = Bench(server, signer, clock, environment="prod", identity_jwks_url=jwks)
    answer = await bench.call("/admin/queues", token=bench.producer, headers={"X-Role": "ADMIN"})
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized. Admin only"})


async def test_producers_may_work_where_that_is_allowed(
    server: Recording, signer: Issuer, clock: ManualClock
) -> None:
    bench = Bench(server, signer, clock, allow_producer_as_worker=True)
    task = await bench.create()
    claimed = await bench.call("/tasks/claim", {}, bench.producer)
    assert (claimed.json()["id"], claimed.json()["workerId"]) == (task, "producer-1")


async def test_keys_are_fetched_once_in_five_minutes(bench: Bench) -> None:
    for _ in range(3):
        await create(bench, bench.producer)
    assert bench.network.fetched == 1
    bench.clock.advance(300_000)
    await create(bench, bench.producer)
    assert bench.network.fetched == 2


async def test_an_unknown_key_is_asked_for_once_in_ten_seconds(bench: Bench) -> None:
    tokens = [bench.issuer.token({"aud": "codeq-producer"}, {"kid": f"zz{n}"}) for n in range(20)]
    answers = await asyncio.gather(*(create(bench, token) for token in [*tokens, bench.producer]))
    assert [status for status, _ in answers] == [401] * 20 + [202]
    assert answers[0][1].endswith("key zz0 not found in JWKS")
    assert bench.network.fetched == 1
    bench.clock.advance(10_000)
    for token in tokens:
        await create(bench, token)
    assert bench.network.fetched == 2


async def test_a_new_key_of_the_signer_is_found_whatever_else_is_asked(bench: Bench) -> None:
    await create(bench, bench.producer)
    bench.network.issuer = Issuer(IDENTITY, bench.clock, SeededEntropy(8), "next")
    token = bench.network.issuer.producer_token()
    for _ in range(10):
        await create(bench, bench.issuer.token({"aud": "codeq-producer"}, {"kid": "zz"}))
        bench.clock.advance(1000)
    assert (await create(bench, token))[0] == 202


async def test_a_signer_that_is_down_is_asked_once_in_ten_seconds(bench: Bench) -> None:
    bench.network.down = True
    for _ in range(3):
        assert (await create(bench, bench.producer))[0] == 401
    bench.network.down = False
    assert (await create(bench, bench.producer))[0] == 401
    bench.clock.advance(10_000)
    assert (await create(bench, bench.producer))[0] == 202


@pytest.mark.parametrize("name", ["exp", "nbf"])
@pytest.mark.parametrize("value", ["4102444800", [4102444800], {"at": 4102444800}, True, False, "", []])
async def test_a_time_that_is_no_number_is_refused(bench: Bench, name: str, value: Any) -> None:
    error = f"token has invalid claims: invalid type for claim: {name} is invalid"
    assert await create(bench, bench.issuer.producer_token(**{name: value})) == (401, error)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "other"])
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 400, "9" * 5000])
async def test_a_number_that_no_double_holds_is_no_json(bench: Bench, name: str, text: str) -> None:
    assert await create(bench, signed(bench, f'{{"aud":"codeq-producer","{name}":{text}}}')) == (
        401,
        "token is malformed: could not decode claim",
    )


async def test_a_time_that_is_null_is_refused(bench: Bench) -> None:
    claims = f'{{"iss":"{IDENTITY}","aud":"codeq-producer","exp":null}}'
    assert (await create(bench, signed(bench, claims)))[0] == 401


def signed(bench: Bench, claims: str) -> str:
    """A token with these very claims."""
    key = bench.issuer._key
    return jws.serialize_compact({"alg": "RS256", "kid": key.kid}, claims.encode(), key, algorithms=["RS256"])


async def test_known_keys_outlast_an_outage_for_five_minutes(bench: Bench) -> None:
    await create(bench, bench.producer)
    bench.network.down = True
    assert (await create(bench, bench.producer))[0] == 202
    bench.clock.advance(300_000)
    assert (await create(bench, bench.producer))[0] == 401


async def test_an_unknown_key_during_an_outage_does_not_forget_the_known_ones(bench: Bench) -> None:
    await create(bench, bench.producer)
    bench.network.down = True
    assert (await create(bench, bench.issuer.token({"aud": "codeq-producer"}, {"kid": "zz"})))[0] == 401
    assert (await create(bench, bench.producer))[0] == 202


async def test_a_request_id_is_echoed_or_made(bench: Bench) -> None:
    answer = await bench.call("/tasks/none", headers={"X-Request-Id": "mine"})
    assert answer.headers["x-request-id"] == "mine"
    assert len((await bench.call("/tasks/none")).headers["x-request-id"]) == 32


@pytest.mark.parametrize(("method", "path"), [("GET", "/tasks/"), ("HEAD", "/admin/queues"), ("POST", "/x/")])
async def test_unknown_paths_and_methods_are_plain_text(bench: Bench, method: str, path: str) -> None:
    answer = await bench.call(path, {}, method=method)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain")


async def test_a_trailing_slash_is_redirected_with_its_query(bench: Bench) -> None:
    answer = await bench.call("/tasks/?a=b", {}, bench.producer)
    assert (answer.status_code, answer.headers["location"]) == (307, "/v1/codeq/tasks?a=b")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (Settings(identity_audience=""), "audience is required"),
        (
            Settings(environment="prod", worker_issuer="i", webhook_hmac_secret="s"),
            "env is 'prod': workerJwksUrl, identityJwksUrl must be set",
        ),
    ],
)
async def test_the_service_does_not_start_with_too_little(
    bench: Bench, settings: Settings, error: str
) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(SettingsError) as raised:
            create_codeq(bench.server, http, settings)
    assert str(raised.value) == error


async def test_an_id_token_is_exchanged_for_a_token_of_either_kind(bench: Bench) -> None:
    async with httpx.AsyncClient(transport=bench.network, base_url="http://identity.test") as http:
        path = "/v1/accounts/token/exchange"
        asked = {"idToken": bench.id_token, "audience": "codeq-worker", "scopes": ["codeq:claim"]}
        answer = (await http.post(path, json={**asked, "eventTypes": ["*"], "ttlSeconds": 60})).json()
        assert (answer["tokenType"], answer["expiresIn"]) == ("Bearer", 900)
        claimed = await bench.call("/tasks/claim", {}, answer["accessToken"])
        assert claimed.status_code == 204
        assert (await http.post(path, json={**asked, "idToken": "who"})).status_code == 401
