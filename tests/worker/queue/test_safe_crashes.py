"""The safe migration, stopped or disturbed at every KV operation: the end is always the same."""

import httpx
import pytest

from kvstore.faults import Fault
from tests.worker.queue.deployment import NEW, NEW_LEASE, ROLLBACK, RUN, Deployment, busy, migrated

pytestmark = pytest.mark.anyio


async def started(calls: int, client: httpx.AsyncClient, path: str) -> None:
    for _ in range(calls):
        await client.post(path)


@pytest.mark.parametrize("budget", ["50", "1000"])
@pytest.mark.parametrize("kind", ["crash", "refused", "unanswered", "outage"])
async def test_every_operation_of_every_call(kind: str, budget: str) -> None:
    """I12: whichever call meets the fault wherever, going on leads where an undisturbed run leads."""
    await every_operation(kind, budget, RUN)


@pytest.mark.parametrize("kind", ["crash", "refused", "unanswered", "outage"])
async def test_every_operation_of_every_call_back(kind: str) -> None:
    await every_operation(kind, "1000", ROLLBACK)


async def every_operation(kind: str, budget: str, path: str) -> None:
    origin = Deployment()
    await origin.put(busy())
    if path == ROLLBACK:
        await origin.finish(origin.client())
    plain = Deployment(origin.store.fork())
    calls = len(await plain.finish(plain.client(MIGRATION_BUDGET=budget), path))
    expected = await plain.store.entries()
    for call in range(calls):
        at = 1
        while await disturbed(origin, Fault(kind, at), budget, path, call, expected):
            at += 1
        assert at > 3


async def disturbed(
    origin: Deployment, fault: Fault, budget: str, path: str, call: int, expected: object
) -> bool:
    one = Deployment(origin.store.fork())
    client = one.client(MIGRATION_BUDGET=budget)
    await started(call, client, path)
    happened = await one.meet(fault, client, path)
    live = {name for name in await one.keys() if name.startswith(("orchestrator:queue:", NEW))}
    assert {name.rsplit(":", 1)[1] for name in live} >= {"a", "b", "orphan", "for-ever", "described"}
    await one.finish(client, path)
    assert await one.store.entries() == expected, fault
    return happened


async def test_the_end_is_what_it_should_be() -> None:
    one = Deployment()
    await one.put(busy())
    before = await one.store.entries()
    await one.finish(one.client())
    assert await one.store.entries() == migrated(before)


async def test_a_task_is_never_there_before_its_lease() -> None:
    one = Deployment()
    await one.put(busy())
    await one.finish(one.client())
    puts = [event.key for event in one.journal.events if event.verb == "put"]
    assert puts.index(NEW_LEASE + "b") < puts.index(NEW + "a")


@pytest.mark.parametrize("kind", ["crash", "outage"])
async def test_two_operators_at_once_do_no_harm(kind: str) -> None:
    one = Deployment()
    await one.put(busy())
    before = await one.store.entries()
    first, second = one.client(), one.client(MIGRATION_BUDGET="50")
    for at in (5, 12, 20):
        await one.meet(Fault(kind, at), first)
        await second.post(RUN)
    await one.finish(first)
    assert await one.store.entries() == migrated(before)
