"""The safe migration with a coordinator: one step at a time, and nothing of it is seen late."""

import asyncio
from collections import Counter

import pytest

from kvstore import KVNamespace, SeededEntropy, SqliteStore
from kvstore.layers.edge import Edge, Origin, Staleness
from kvstore.layers.journal import Journal
from tests.worker.queue.deployment import CLOCK, NEW, OLD, PENDING, ROLLBACK, RUN, migrated, tasks
from tests.worker.queue.test_coordinated_claims import NAME, Coordinated

pytestmark = pytest.mark.anyio


async def test_turns_are_taken_one_at_a_time_and_a_second_apart() -> None:
    coordinator = Coordinated().objects.binding.getByName(NAME)
    assert await coordinator.enter("a", 30_000) == 0
    assert (await coordinator.enter("a", 30_000), await coordinator.enter("b", 30_000)) == (-1, 0)
    await coordinator.leave("a")
    assert await coordinator.enter("a", 30_000) == 1100


async def test_a_turn_that_nobody_gives_back_ends() -> None:
    coordinator = Coordinated().objects.binding.getByName(NAME)
    await coordinator.enter("a", 30_000)
    CLOCK.advance(30_000)
    assert await coordinator.enter("a", 30_000) == 0


async def test_a_call_during_another_ones_step_does_nothing() -> None:
    one = Coordinated()
    await one.put(tasks(["a"]))
    await one.objects.binding.getByName(NAME).enter("migration", 120_000)
    answer = (await one.client().post(RUN)).json()
    assert (answer["success"], answer["done"], answer["retryAfter"]) == (True, False, 30)
    assert answer["notes"] == ["Another step is being taken"]
    assert await one.keys() == [OLD + "a"]


async def test_two_operators_where_everything_is_late_copy_every_task_once() -> None:
    store = SqliteStore.in_memory(CLOCK)
    done = Journal(store)
    origin, one = Origin(done), Coordinated(store=store)
    CLOCK.advance(-200_000)
    await one.put({**tasks(list("abc")), PENDING: '["a","b","c"]'})
    CLOCK.advance(200_000)
    before = await store.entries()
    clients = [
        one.client(
            CACHE=KVNamespace(Edge(origin, colo, Staleness(), SeededEntropy(1))), MIGRATION_VERIFY_AFTER="60"
        )
        for colo in ("AMS", "NRT")
    ]
    for _ in range(100):
        first, second = await asyncio.gather(*(client.post(RUN) for client in clients))
        CLOCK.advance(10_000)
        if first.json()["done"] and second.json()["done"]:
            break
    assert await store.entries() == migrated(before)
    puts = Counter(event.key for event in done.events if event.verb == "put")
    assert puts == dict.fromkeys([NEW + name for name in "abc"], 1)


async def test_the_old_format_rolls_back_what_was_noted_under_dual() -> None:
    one = Coordinated()
    await one.put(tasks(["a"], NEW))
    await one.client().post(ROLLBACK)
    coordinator = {"COORDINATOR": one.objects.binding, "CLAIMS": ""}
    await one.finish(one.client(QUEUE_FORMAT="old", **coordinator), ROLLBACK)
    assert await one.keys() == [PENDING, OLD + "a"]
