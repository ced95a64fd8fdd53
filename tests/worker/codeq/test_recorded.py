"""The walk of the recording, request by request, against what the real service answered and did."""

from typing import Any

import pytest

from tests.worker.codeq.bench import Bench, signature
from tests.worker.codeq.recorded import CUT_BODY, Section, same_command, sections, settled

pytestmark = pytest.mark.anyio
RECORDED = sections()
HOOK = "http://listener.test/hook"
MASTER, CREATIVE = "GENERATE_MASTER", "GENERATE_CREATIVE"


class Walk:
    """Sends requests and compares each with the section of its name."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.done: list[str] = []

    async def step(
        self, name: str, path: str, body: Any = None, token: str | None = None, **options: Any
    ) -> Any:
        section = RECORDED[name]
        self.bench.server.take()
        answer = await self.bench.call(path, body, token, **options)
        commands = self.bench.server.take()
        assert answer.status_code == section.status, (name, answer.text)
        expected, ours = settled(section.body), settled(answer.text)
        if len(section.body) == CUT_BODY:
            assert ours.startswith(expected[:-40]), name
        else:
            assert ours == expected, name
        assert answer.headers.get("content-type") == section.content_type, name
        assert answer.headers["x-request-id"]
        if section.commands:
            self._compare(section, commands)
        self.done.append(name)
        return answer

    def _compare(self, section: Section, commands: list[tuple[str, ...]]) -> None:
        # What a script does shows in MONITOR in upper case; here only the call of the script is seen.
        expected = [line for line in section.commands if not line.startswith("RPOP ")]
        commands = [one for one in commands if one[0] != "eval"]
        for recorded, command in zip(expected, commands, strict=True):
            assert same_command(recorded, command), (section.name, recorded, command)

    async def stored(self, name: str, key: str, field: str) -> None:
        text = await self.bench.server.call("HGET", key, field)
        assert settled(text) in settled(RECORDED[name].stored), name

    async def make(self, name: str, token: str | None = None, **body: Any) -> str:
        answer = await self.step(name, "/tasks", body, token or self.bench.producer)
        made: str = answer.json().get("id", "")
        return made


PAYLOAD = {"jobId": "j", "z": 1.0, "a": "<&>é", "big": 12345678901234567890}


async def creates(walk: Walk) -> str:
    first = await walk.make("create", command=MASTER, payload=PAYLOAD, priority=5, webhook=HOOK)
    await walk.stored("create", "codeq:tasks", first)
    await walk.make("create payload str", command=CREATIVE, payload="hi", priority=12)
    await walk.make("create payload null", command="X", payload=None)
    await walk.make("create payload false", command="X", payload=False)
    await walk.make("create payload []", command="X", payload=[])
    await walk.make("create no payload", command="X")
    await walk.make("create cmd blank", command="  ", payload={})
    await walk.make("create prio float", command="X", payload={}, priority=1.5)
    await walk.make("create prio -3", command="X", payload={}, priority=-3)
    await walk.make("create runAt bad", command="X", payload={}, runAt="2026-01-01 10:00")
    await walk.make("create unknown field", command="X", payload={}, colour="red")
    raw = walk.bench.producer
    await walk.step("create garbage", "/tasks", b"{nonsense", raw)
    await walk.step("create trailing", "/tasks", b'{"command":"X","payload":{}} and more', raw)
    await walk.bench.create(MASTER, delaySeconds=600)
    await walk.make("create runAt past", command=CREATIVE, payload={"d": 1}, runAt="2020-01-01T00:00:00Z")
    await walk.make("create idem", command=CREATIVE, payload={"d": 1}, idempotencyKey="k1")
    await walk.step("get task", f"/tasks/{first}")
    await walk.step("get task none", "/tasks/none")
    await walk.step("get task noauth", f"/tasks/{first}", headers={"Authorization": ""})
    return first


async def leases(walk: Walk, first: str) -> None:
    bench = walk.bench
    other = bench.issuer.worker_token("worker-2")
    assert (await bench.claim(MASTER))["id"] == first
    await walk.step("claim empty", "/tasks/claim", {"commands": [MASTER]})
    await walk.step("claim no body", "/tasks/claim", b"")
    await walk.step("claim not allowed", "/tasks/claim", {"commands": ["X"]})
    await walk.step("heartbeat", f"/tasks/{first}/heartbeat", {"extendSeconds": 120})
    await walk.step("hb default", f"/tasks/{first}/heartbeat", {})
    assert await bench.lasts(f"codeq:lease:{first}", 300)
    await walk.step("hb other", f"/tasks/{first}/heartbeat", {}, other)
    await walk.step("abandon other", f"/tasks/{first}/abandon", b"", other)
    await walk.step("abandon", f"/tasks/{first}/abandon", b"")
    await walk.stored("abandon", "codeq:tasks", first)
    await walk.step("abandon again", f"/tasks/{first}/abandon", b"")


async def nacks(walk: Walk, first: str) -> None:
    bench = walk.bench
    other = bench.issuer.worker_token("worker-2")
    assert (await bench.claim(MASTER))["id"] == first
    await walk.step("nack", f"/tasks/{first}/nack", {"delaySeconds": 1, "reason": "busy"})
    await walk.stored("nack", "codeq:tasks", first)
    await walk.step("nack nobody", f"/tasks/{first}/nack", b"")
    await walk.step("nack none", "/tasks/none/nack", {})
    await walk.step("nack other", f"/tasks/{first}/nack", {}, other)
    await walk.step("claim4", "/tasks/claim", {"commands": [MASTER]})
    await bench.wait(2)
    assert (await bench.claim(MASTER))["attempts"] == 4
    assert (await bench.call(f"/tasks/{first}/nack", {})).json() == {"delaySeconds": 0, "status": "dlq"}
    await walk.step("nack -> dlq", f"/tasks/{first}/nack", {})
    await walk.stored("nack -> dlq", "codeq:tasks", first)


async def administration(walk: Walk) -> None:
    bench = walk.bench
    await walk.step("queue stats", f"/admin/queues/{MASTER}", token=bench.admin)
    await walk.step("admin as producer", "/admin/queues", token=bench.producer)
    await walk.step("admin role claim", "/admin/queues", token=bench.admin)
    await walk.step("admin as worker", "/admin/queues", token=bench.worker)


async def results(walk: Walk) -> None:
    bench = walk.bench
    task = await bench.create(MASTER, payload={"r": 1}, priority=9, webhook=HOOK)
    await walk.step("claim5", "/tasks/claim", {"commands": [MASTER], "leaseSeconds": 60})
    path = f"/tasks/{task}/result"
    await walk.step("result no status", path, {})
    await walk.step("result no result", path, {"status": "COMPLETED"})
    artifacts = [{"url": "http://x"}, {"name": "nothing"}]
    await walk.step(
        "result artifact noname", path, {"status": "COMPLETED", "result": {}, "artifacts": artifacts}
    )
    other = bench.issuer.worker_token("worker-2")
    await walk.step("result other", path, {"status": "COMPLETED", "result": {}}, other)
    await walk.step("get result none yet", path)
    await walk.step("result", path, {"status": "COMPLETED", "result": {"a": 1}})
    await walk.stored("result", "codeq:tasks", task)
    await walk.stored("result", "codeq:results", task)
    await walk.step("result again", path, {"status": "FAILED", "error": "late"})
    await walk.step("get result worker", path)
    [post] = await bench.arrived()
    assert settled(post.content.decode()) in settled(RECORDED["get result worker"].hook)
    assert post.headers["X-Codeq-Signature"] == signature(post)


async def subscriptions(walk: Walk) -> None:
    bench = walk.bench
    url = "http://listener.test/sub"
    path = "/workers/subscriptions"
    first = await walk.step(
        "sub create", path, {"callbackUrl": url, "eventTypes": [MASTER], "ttlSeconds": 60}
    )
    group = {"callbackUrl": f"{url}2", "eventTypes": [MASTER], "deliveryMode": "group", "groupId": "g1"}
    second = (await bench.call(path, group)).json()["subscriptionId"]
    for subscription in (first.json()["subscriptionId"], second):
        await walk.stored("sub create", "codeq:subs", subscription)
    await walk.step("sub no cb", path, {})
    await walk.step("sub bad mode", path, {"callbackUrl": url, "deliveryMode": "pigeon"})
    await walk.step("sub hb", f"{path}/{second}/heartbeat", {"ttlSeconds": 30})
    await walk.step("sub hb none", f"{path}/none/heartbeat", {})
    await bench.create(MASTER)


async def cleanups(walk: Walk) -> None:
    bench = walk.bench
    path, admin = "/admin/tasks/cleanup", bench.admin
    await walk.step("cleanup none", path, {}, admin)
    oldest = await bench.create("X")
    await bench.server.call("ZADD", "codeq:tasks:ttl", 1, oldest)
    future = {"before": "2100-01-01T00:00:00-03:00", "limit": 1}
    await walk.step("cleanup future", path, future, admin)
    await walk.step("cleanup nobody", path, b"", admin)


async def authorisation(walk: Walk) -> None:
    bench, issuer = walk.bench, walk.bench.issuer
    body = {"command": "X", "payload": {"a": 1}}
    producers: dict[str, dict[str, Any]] = {
        "wrong iss": {"iss": "zz"},
        "aud list": {"aud": ["other", "codeq-producer"]},
        "expired 300s": {"exp": bench.clock.now_ms() // 1000 - 300},
        "no exp": {"exp": None},
        "iat future": {"iat": bench.clock.now_ms() // 1000 + 9999},
        "no sub": {"sub": None},
    }
    for name, claims in producers.items():
        await walk.step(f"producer auth {name}", "/tasks", body, issuer.producer_token(**claims))
    headers: dict[str, dict[str, Any]] = {
        "unknown kid": {"kid": "zz"},
        "no kid": {"kid": None},
        "PS256": {"alg": "PS256"},
    }
    for name, header in headers.items():
        token = issuer.token({"aud": "codeq-producer", "sub": "p"}, header)
        await walk.step(f"producer auth {name}", "/tasks", body, token)
    basic, lower = {"Authorization": "Basic eDp5"}, {"Authorization": f"bearer {bench.producer}"}
    await walk.step("producer auth basic", "/tasks", body, headers=basic)
    await walk.step("producer auth bearer lower", "/tasks", body, headers=lower)
    forged = "eyJhbGciOiJIUzI1NiIsImtpZCI6InJlaGVhcnNhbCJ9." + bench.producer.partition(".")[2]
    await walk.step("producer auth hs256", "/tasks", body, forged)


async def worker_authorisation(walk: Walk) -> None:
    issuer = walk.bench.issuer
    everything, nothing = {"commands": [CREATIVE], "leaseSeconds": 240}, {"commands": ["NOTHING"]}
    no_events, no_scope = (
        issuer.worker_token(eventTypes=None),
        issuer.worker_token(scope=None, scopes=["codeq:claim"]),
    )
    await walk.step("worker auth no eventTypes", "/tasks/claim", {}, no_events)
    await walk.step("worker auth scopes array", "/tasks/claim", {}, no_scope)
    lacking = issuer.worker_token(scope="codeq:nack")
    await walk.step("worker auth scope missing claim", "/tasks/claim", {}, lacking)
    wildcard = issuer.worker_token(event_types=("*",))
    await walk.step("worker auth wildcard specific", "/tasks/claim", everything, wildcard)
    no_jti = issuer.worker_token(event_types=("*",), jti=None)
    await walk.step("worker auth no jti", "/tasks/claim", nothing, no_jti)
    await walk.step("worker auth no sub", "/tasks/claim", {}, issuer.worker_token(sub=None))
    await walk.step("anyauth bad", "/tasks/none", token="x.y.z")


async def outside(walk: Walk) -> None:
    bench = walk.bench
    await walk.step("PUT", "/tasks", {}, method="PUT")
    await walk.step("healthz", "/../../healthz")
    body = {"command": "X", "payload": {"a": 1}}
    await walk.step("trailing slash", "/tasks/", body, bench.producer, follow_redirects=True)


async def test_walk_answers_and_acts_as_the_real_service_did(bench: Bench) -> None:
    walk = Walk(bench)
    first = await creates(walk)
    await leases(walk, first)
    await nacks(walk, first)
    await administration(walk)
    await results(walk)
    await subscriptions(walk)
    await cleanups(walk)
    await authorisation(walk)
    await worker_authorisation(walk)
    await outside(walk)
    assert sorted(walk.done) == sorted(RECORDED), "every recorded section is walked"
