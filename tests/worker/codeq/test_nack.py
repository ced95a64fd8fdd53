"""POST /tasks/:id/nack, and what expiry does alike: attempts, back-off, dead letters."""

import pytest

from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq.bench import Bench
from worker.codeq import Issuer, Recording
from worker.codeq.service.claims.nack import Backoff

pytestmark = pytest.mark.anyio
Q = "codeq:q:generate_master:"


async def nack(bench: Bench, task: str, **body: object) -> object:
    return (await bench.call(f"/tasks/{task}/nack", body)).json()


async def test_nack_makes_the_task_wait(bench: Bench) -> None:
    task = await bench.claimed()
    assert await nack(bench, task, delaySeconds=10) == {"delaySeconds": 10, "status": "requeued"}
    assert await bench.score(f"{Q}delayed", task) == bench.clock.now_ms() // 1000 + 10
    assert await bench.server.call("SCARD", f"{Q}inprog") == 0
    assert await bench.server.call("EXISTS", f"codeq:lease:{task}") == 0
    assert await bench.claim() is None
    await bench.wait(10)
    assert (await bench.claim())["attempts"] == 3


async def test_nack_waits_no_longer_than_the_longest_back_off(bench: Bench) -> None:
    assert await nack(bench, await bench.claimed(), delaySeconds=5000) == {
        "delaySeconds": 900,
        "status": "requeued",
    }


async def test_nack_without_a_delay_backs_off(server: Recording, signer: Issuer, clock: ManualClock) -> None:
    bench = Bench(server, signer, clock, backoff_policy="exponential")
    assert await nack(bench, await bench.claimed()) == {"delaySeconds": 10, "status": "requeued"}


@pytest.mark.parametrize(("most", "deliveries"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
async def test_nack_counts_twice_so_that_half_the_attempts_are_deliveries(
    bench: Bench, most: int, deliveries: int
) -> None:
    task = await bench.create(maxAttempts=most)
    count = 0
    while await bench.claim() is not None:
        count += 1
        await nack(bench, task, delaySeconds=1)
        await bench.wait(1)
    assert count == deliveries
    assert await bench.server.call("LRANGE", f"{Q}dlq", 0, -1) == [task]
    assert (await bench.task(task))["error"] == "MAX_ATTEMPTS"


async def test_nack_into_the_dead_letters_stores_the_reason(bench: Bench) -> None:
    task = await bench.claimed(maxAttempts=1)
    assert await nack(bench, task, reason="boom") == {"delaySeconds": 0, "status": "dlq"}
    stored = await bench.task(task)
    assert (stored["status"], stored["error"]) == ("FAILED", "boom")
    assert "workerId" not in stored


async def test_nack_of_a_finished_task_is_a_conflict(bench: Bench) -> None:
    await bench.store("t", status="COMPLETED", workerId="worker-1")
    answer = await bench.call("/tasks/t/nack", {})
    assert (answer.status_code, answer.json()) == (409, {"error": "not-in-progress"})


async def test_expiry_gives_the_attempt_up(bench: Bench) -> None:
    task = await bench.claimed(maxAttempts=9)
    await bench.wait(301)
    assert await bench.claim() is None
    stored = await bench.task(task)
    assert (stored["status"], stored["attempts"]) == ("PENDING", 2)
    assert await bench.server.call("ZCARD", f"{Q}delayed") == 1


async def test_expiry_into_the_dead_letters_says_so(bench: Bench) -> None:
    task = await bench.claimed(maxAttempts=2)
    await bench.wait(301)
    await bench.claim()
    assert (await bench.task(task))["error"] == "LEASE_EXPIRED"
    assert await bench.server.call("LRANGE", f"{Q}dlq", 0, -1) == [task]


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        ("fixed", [5, 5, 5, 5, 5]),
        ("linear", [5, 5, 10, 15, 20]),
        ("exponential", [5, 10, 20, 40, 80]),
    ],
)
def test_backoff_without_chance_is_exact(policy: str, delays: list[int]) -> None:
    backoff = Backoff(policy, 5, 900, SeededEntropy(1))
    assert [backoff.seconds(attempts) for attempts in range(5)] == delays


@pytest.mark.parametrize(
    ("policy", "least"), [("exp_equal_jitter", 20), ("exp_full_jitter", 0), ("nonsense", 0)]
)
def test_backoff_with_jitter_covers_its_range(policy: str, least: int) -> None:
    backoff = Backoff(policy, 5, 900, SeededEntropy(1))
    seen = {backoff.seconds(3) for _ in range(1000)}
    assert seen == set(range(least, 41))


@pytest.mark.parametrize("policy", ["fixed", "linear", "exponential", "exp_equal_jitter", "exp_full_jitter"])
def test_backoff_never_exceeds_the_longest(policy: str) -> None:
    backoff = Backoff(policy, 1000, 900, SeededEntropy(1))
    assert max(backoff.seconds(attempts) for attempts in (0, 1, 50, 10_000)) <= 900
