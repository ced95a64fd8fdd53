"""Claims that a Durable Object decides, through the Worker's HTTP."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from kvstore import Entry, KVNamespace, SeededEntropy, SqliteStore, Store
from kvstore.clock import iso
from kvstore.faults import InvocationCrashed
from kvstore.layers.edge import Edge, Origin, Staleness
from kvstore.layers.layer import Preceded
from tests.worker.queue.deployment import (
    CLOCK,
    NEW,
    NEW_LEASE,
    NOW,
    OLD_LEASE,
    Deployment,
    code,
    in_seconds,
    lease,
    tasks,
)
from worker.durable import MemoryDisk, Objects

pytestmark = pytest.mark.anyio

CLAIM = "/api/queue/claim"
NAME = "default-queue"


@dataclass
class Coordinated(Deployment):
    """A deployment with a coordinator; ``settle`` is its CLAIMS_SETTLE."""

    disk: MemoryDisk = field(default_factory=MemoryDisk)
    settle: str = "0"
    probe: Callable[[str], None] | None = None
    carry: Callable[[Any, str, Callable[[], Awaitable[Any]]], Awaitable[Any]] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.objects = self.start()

    def start(self) -> Objects:
        return Objects(
            "orchestrator-hub-TaskCoordinator",
            code().module.TaskCoordinator,
            {"CLAIMS_SETTLE": self.settle},
            disk=self.disk,
            clock=CLOCK,
            entropy=SeededEntropy(1),
            probe=self.probe,
            carry=self.carry,
            ring=False,
        )

    def client(self, **variables: object) -> httpx.AsyncClient:
        usual = {"CLAIMS": "coordinator", "COORDINATOR": self.objects.binding}
        return super().client(**{**usual, **variables})


async def claim(client: httpx.AsyncClient, worker_id: str, seconds: int = 300) -> Any:
    body = {"workerId": worker_id, "leaseDurationSec": seconds}
    return (await client.post(CLAIM, json=body)).json()


class Roads:
    """What travels waits a little, each time differently: others go first."""

    def __init__(self, seed: int) -> None:
        self.chance = SeededEntropy(seed)

    async def travel(self) -> None:
        for _ in range(self.chance.below(12)):
            await CLOCK.sleep(0.001)

    async def carry(self, _: object, __: str, deliver: Callable[[], Awaitable[Any]]) -> Any:
        await self.travel()
        result = await deliver()
        await self.travel()
        return result

    def to(self, store: Store) -> KVNamespace:
        return KVNamespace(Preceded(store, self.travel))


async def fifty_claims(claims: str, seed: int) -> list[str]:
    """The tasks that fifty workers in five locations got at once, of five; every operation takes time."""
    store, roads = SqliteStore.in_memory(CLOCK), Roads(seed)
    one, origin = Coordinated(store=store, carry=roads.carry), Origin(store)
    await one.put(tasks(list("abcde"), NEW))
    edges = [
        Edge(origin, colo, Staleness(), SeededEntropy(1)) for colo in ("AMS", "FRA", "IAD", "NRT", "GRU")
    ]
    clients = [one.client(CACHE=roads.to(edge), CLAIMS=claims) for edge in edges]
    calls = (claim(clients[n % 5], f"w{n}") for n in range(50))
    return [answer["taskId"] for answer in await asyncio.gather(*calls) if answer["success"]]


@pytest.mark.parametrize("seed", range(10))
async def test_fifty_claims_at_once_of_five_tasks_have_five_holders(seed: int) -> None:
    assert sorted(await fifty_claims("coordinator", seed)) == list("abcde")


async def test_the_same_claims_without_a_coordinator_have_more() -> None:
    held = await fifty_claims("careful", 0)
    assert max(Counter(held).values()) > 1, "this is what the coordinator is for"


@pytest.mark.parametrize("queue_format", ["new", "dual"])
async def test_claim_renew_complete_release(queue_format: str) -> None:
    one = Coordinated()
    await one.put(tasks(["a", "b"], NEW))
    client = one.client(QUEUE_FORMAT=queue_format)
    first, second = await claim(client, "w1"), await claim(client, "w2")
    assert (first["taskId"], second["taskId"]) == ("a", "b")
    copy = json.loads((await one.store.entries())[NEW_LEASE + "a"].value)
    assert copy == first["lease"], "what is visible in KV is what was granted"

    CLOCK.advance(1000)
    renewed = await client.post("/api/queue/a/renew", json={"workerId": "w1", "extendSec": 600})
    assert renewed.json()["lease"]["expiresAt"] == iso(NOW + 601_000)
    assert renewed.json()["lease"]["claimNonce"] == first["lease"]["claimNonce"]

    assert (await client.post("/api/result/a", json={"success": True})).json() == {"success": True}
    assert (await client.post("/api/queue/b/release", json={"workerId": "w2"})).json() == {"success": True}
    assert await one.keys(NEW_LEASE) == []
    assert (await claim(client, "w3"))["taskId"] == "b"
    assert (await claim(client, "w4"))["success"] is False


async def test_claim_takes_an_expired_lease_over() -> None:
    one = Coordinated()
    await one.put(tasks(["a"], NEW))
    client = one.client()
    assert (await claim(client, "w1", 60))["success"]
    CLOCK.advance(59_999)
    assert not (await claim(client, "w2", 60))["success"]
    CLOCK.advance(1)
    assert (await claim(client, "w2", 60))["success"]


@pytest.mark.parametrize("action", ["renew", "release"])
async def test_an_old_lease_is_refused_after_another_has_begun(action: str) -> None:
    """Fencing: the Worker read w1's lease, then it ended and w2 got the task."""
    one = Coordinated()
    await one.put(tasks(["a"], NEW))
    client = one.client()
    await claim(client, "w1", 60)
    CLOCK.advance(60_000)
    second = await claim(client, "w2", 60)
    answer = await client.post(f"/api/queue/a/{action}", json={"workerId": "w1"})
    assert answer.status_code == 403
    stub = one.objects.binding.getByName(NAME)
    assert await stub.renew("a", "w1:0:old", 60, []) is None
    assert await stub.release("a", "w1:0:old", []) is False
    assert (await stub.lease("a", []))["claimNonce"] == second["lease"]["claimNonce"]


async def test_release_between_read_and_act_hits_no_later_lease() -> None:
    one = Coordinated()
    await one.put(tasks(["a"], NEW))
    client = one.client()
    await claim(client, "w1", 60)
    stub = one.objects.binding.getByName(NAME)
    original = stub.__class__.__getattr__

    def late(self: Any, name: str) -> Any:
        method = original(self, name)
        if name != "release":
            return method

        async def wait_first(*arguments: Any) -> Any:
            CLOCK.advance(60_000)
            assert (await claim(one.client(), "w2", 60))["success"]
            return await method(*arguments)

        return wait_first

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stub.__class__, "__getattr__", late)
        answer = await client.post("/api/queue/a/release", json={"workerId": "w1"})
    assert (answer.status_code, answer.json()) == (403, {"error": "Not lease holder"})
    assert (await stub.lease("a", []))["workerId"] == "w2"


@pytest.mark.parametrize("prefix", [OLD_LEASE, NEW_LEASE])
async def test_claim_honours_leases_from_before_the_coordinator(prefix: str) -> None:
    """H69: every leased task was claimable when the authority changed."""
    one = Coordinated()
    await one.put({**tasks(["a"], NEW), prefix + "a": lease("before", 100)})
    client = one.client()
    assert not (await claim(client, "w1"))["success"]
    renewed = await client.post("/api/queue/a/renew", json={"workerId": "before", "extendSec": 200})
    assert renewed.json()["lease"]["workerId"] == "before"
    assert (await one.keys(OLD_LEASE), await one.keys(NEW_LEASE)) == ([], [NEW_LEASE + "a"])
    CLOCK.advance(199_000)
    assert not (await claim(client, "w1"))["success"]
    CLOCK.advance(1_000)
    assert (await claim(client, "w1"))["success"]


async def hidden_lease(settle: str) -> httpx.AsyncClient:
    """A client where a location has just read that there is no lease, and then another has written one."""
    store = SqliteStore.in_memory(CLOCK)
    one = Coordinated(
        store=store, layer=Edge(Origin(store), "AMS", Staleness(), SeededEntropy(1)), settle=settle
    )
    await one.put(tasks(["a"], NEW))
    answer = await one.client(CLAIMS="careful").post("/api/queue/a/renew", json={"workerId": "x"})
    assert answer.status_code == 403
    await store.put(NEW_LEASE + "a", lease("elsewhere", 600))
    return one.client()


async def test_claim_without_settling_overlooks_a_lease_that_is_hidden() -> None:
    assert (await claim(await hidden_lease("0"), "w1"))["success"], "that is what settling is for"


async def test_claim_waits_until_older_leases_must_be_visible() -> None:
    coordinated = await hidden_lease("90")
    for _ in range(9):
        assert not (await claim(coordinated, "w1"))["success"]
        CLOCK.advance(10_000)
    assert not (await claim(coordinated, "w1"))["success"], "by now the lease is seen"
    CLOCK.set(NOW + 600_000)
    assert (await claim(coordinated, "w1"))["success"]


@pytest.mark.parametrize("text", ['{"workerId":"w","claimNonce":"n"}', "{oops"])
async def test_a_lease_without_an_end_blocks_for_as_long_as_it_is_there(text: str) -> None:
    one = Coordinated()
    await one.put({**tasks(["a"], NEW), NEW_LEASE + "a": Entry(text.encode(), in_seconds(100))})
    client = one.client()
    assert not (await claim(client, "w1"))["success"]
    CLOCK.advance(100_000)
    assert (await claim(client, "w1"))["success"]


async def test_a_copy_of_an_ended_lease_fools_nobody() -> None:
    one = Coordinated()
    await one.put(tasks(["a"], NEW))
    client = one.client()
    await claim(client, "w1")
    copy = (await one.store.entries())[NEW_LEASE + "a"]
    await client.post("/api/queue/a/release", json={"workerId": "w1"})
    await one.store.put(NEW_LEASE + "a", copy)
    assert (await claim(client, "w2"))["success"]


async def test_a_ghost_of_a_completed_task_is_passed_over() -> None:
    """H70, I5: a listing, and a read, that show a task an hour after it was completed."""
    one = Coordinated()
    await one.put(tasks(["a", "b"], NEW))
    client = one.client()
    ghost = (await one.store.entries())[NEW + "a"]
    await claim(client, "w1")
    await client.post("/api/result/a", json={"success": True})
    CLOCK.advance(1_000)
    await one.store.delete("orchestrator:result:a")
    await one.store.put(NEW + "a", Entry(ghost.value))
    assert (await claim(client, "w2"))["taskId"] == "b"
    CLOCK.advance(3_600_000)
    assert not (await claim(client, "w3"))["success"]


async def test_leases_and_completions_survive_a_restart() -> None:
    one = Coordinated()
    await one.put(tasks(["a", "b", "c"], NEW))
    client = one.client()
    held = await claim(client, "w1")
    await claim(client, "w2")
    await client.post("/api/result/b", json={})
    one.objects.evict()
    assert (await claim(client, "w3"))["taskId"] == "c"
    one.objects.evict()
    one.objects = one.start()
    client = one.client()
    assert not (await claim(client, "w4"))["success"]
    renewed = await client.post("/api/queue/a/renew", json={"workerId": "w1"})
    assert renewed.json()["lease"]["claimNonce"] == held["lease"]["claimNonce"]


async def test_a_coordinator_that_crashes_anywhere_never_gives_a_task_twice() -> None:
    """Every storage operation of a claim in turn; whoever got an answer is the only holder."""
    at = 0
    while True:
        at += 1
        steps = iter(range(1, 10_000))

        def crash(operation: str, at: int = at, steps: Any = steps) -> None:
            if next(steps) == at:
                raise InvocationCrashed(operation)

        one = Coordinated(probe=crash)
        await one.put(tasks(["a", "b"], NEW))
        client = one.client()
        holders: Counter[str] = Counter()
        fell = 0
        for n in range(4):
            response = await client.post(CLAIM, json={"workerId": f"w{n}"})
            fell += response.status_code == 500
            if response.status_code == 200 and response.json()["success"]:
                holders[response.json()["taskId"]] += 1
        assert max(holders.values()) == 1, f"operation {at}"
        assert fell <= 1
        if next(steps) <= at:
            assert at > 10, "the claims have that many operations at least"
            break


async def test_the_alarm_forgets_what_no_longer_matters() -> None:
    one = Coordinated()
    names = [f"t{n}" for n in range(7)]
    await one.put(tasks(names, NEW))
    client = one.client()
    for n in range(7):
        await claim(client, f"w{n}", 600 if n == 1 else 60)
    await client.post("/api/result/t0", json={})
    [digits] = one.disk.known()
    rows = one.disk.rows(digits)
    CLOCK.advance(300_000)
    assert await one.objects.ring_due() == 1
    assert [key for key in names if rows.get(f"task:{key}")] == ["t0", "t1"], "completed, and still held"
    CLOCK.advance(3_600_000)
    await one.objects.ring_due()
    assert rows.get("task:t0") is None
    assert one.objects.next_alarm is None


async def test_a_refused_copy_gives_the_task_back() -> None:
    one = Coordinated()
    await one.put(tasks(["a", "b"], NEW))
    put, refused = one.kv.put, {NEW_LEASE + "a"}

    async def refuse(key: str, *arguments: Any, **options: Any) -> Any:
        if key in refused:
            raise RuntimeError("429")
        return await put(key, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one.kv, "put", refuse)
        client = one.client()
        assert (await claim(client, "w1"))["taskId"] == "b"
        refused.clear()
        assert (await claim(client, "w2"))["taskId"] == "a"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"COORDINATOR": None}, 'CLAIMS is "coordinator", but no Durable Object is bound as COORDINATOR'),
        ({"QUEUE_FORMAT": "old"}, 'CLAIMS is "coordinator", which QUEUE_FORMAT "old" cannot have'),
    ],
)
async def test_a_setting_that_cannot_be_is_refused(variables: dict[str, Any], message: str) -> None:
    one = Coordinated()
    bindings = {name: value for name, value in variables.items() if value is not None}
    app = one.client(**bindings) if bindings else Deployment.client(one, CLAIMS="coordinator")
    answer = await app.get("/api/queue")
    assert (answer.status_code, answer.json()) == (500, {"error": message})
