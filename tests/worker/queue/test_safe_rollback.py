"""The way back loses nothing, and the guide's deletion takes a dry run."""

import httpx
import pytest

from kvstore import Entry
from tests.worker.queue.deployment import (
    CLOCK,
    NEW,
    NEW_LEASE,
    OLD,
    OLD_LEASE,
    PENDING,
    ROLLBACK,
    RUN,
    Deployment,
    busy,
    in_seconds,
    lease,
    tasks,
)

pytestmark = pytest.mark.anyio


async def queued(one: Deployment, name: str, at: str) -> None:
    await one.put({NEW + name: f'{{"id":"{name}","queuedAt":"{at}"}}'})


async def test_tasks_leases_and_list_are_back(one: Deployment, client: httpx.AsyncClient) -> None:
    """H45, H46: with what was born in the new format."""
    await one.put(busy())
    before = await one.store.entries()
    await one.finish(client)
    await queued(one, "born", "2026-02-01T00:00:00.000Z")
    answers = await one.finish(client, ROLLBACK)
    after = await one.store.entries()
    back = [key for key in before if key.startswith((OLD, OLD_LEASE)) and not key.endswith("corrupt")]
    assert {key: after.get(key) for key in back} == {key: before[key] for key in back}
    assert after[PENDING].value == b'["described","for-ever","a","b","orphan","born"]'
    assert await one.keys(NEW) + await one.keys(NEW_LEASE) == []
    assert sum(answer["deleted"] for answer in answers) == 8
    assert answers[-1]["message"].startswith("Rollback complete - deleted ")


async def test_half_way_the_list_keeps_its_order(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["b", "a"]), PENDING: '["b","a",5]'})
    await client.post(RUN)
    await queued(one, "later", "2026-01-01T00:00:02.000Z")
    await queued(one, "first", "2026-01-01T00:00:01.000Z")
    await one.finish(client, ROLLBACK)
    assert (await one.store.entries())[PENDING].value == b'["b","a",5,"first","later"]'
    assert sorted(await one.keys(OLD)) == [OLD + name for name in ("a", "b", "first", "later")]


async def test_the_list_is_there_before_a_new_task_goes(one: Deployment, client: httpx.AsyncClient) -> None:
    await queued(one, "a", "")
    await one.finish(client, ROLLBACK)
    writes = [(event.verb, event.key) for event in one.journal.events if event.verb in ("put", "delete")]
    assert writes.index(("put", PENDING)) < writes.index(("delete", NEW + "a"))


async def test_nothing_goes_in_the_call_that_writes_the_list(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    """Another operator may write the list at the same time: only what a later call reads in it is safe."""
    await queued(one, "a", "")
    while PENDING not in await one.keys():
        await client.post(ROLLBACK)
    await one.put({PENDING: "[]"})
    await client.post(ROLLBACK)
    assert await one.keys(NEW) == [NEW + "a"]
    await one.finish(client, ROLLBACK)
    assert (await one.store.entries())[PENDING].value == b'["a"]'


async def test_the_old_format_goes_on(one: Deployment, client: httpx.AsyncClient) -> None:
    await queued(one, "held", "1")
    await queued(one, "free", "2")
    await one.put({NEW_LEASE + "held": lease("w", 300)})
    await one.finish(client, ROLLBACK)
    claim = await one.client(QUEUE_FORMAT="old").post("/api/queue/claim", json={})
    assert claim.json()["taskId"] == "free"


async def test_rollback_carries_a_workers_later_change_back(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    await one.put({OLD + "a": "{}", NEW + "a": Entry(b'{"status":"processing"}', in_seconds(900))})
    await one.finish(client, ROLLBACK)
    assert (await one.store.entries())[OLD + "a"] == Entry(b'{"status":"processing"}', in_seconds(900))


@pytest.mark.parametrize("budget", [50, 1000])
async def test_120_tasks_go_back_within_any_budget(one: Deployment, budget: int) -> None:
    """H47."""
    names = [f"t{number:03}" for number in range(120)]
    await one.put(tasks(names, NEW))
    answers = await one.finish(one.client(MIGRATION_BUDGET=str(budget)), ROLLBACK)
    assert all(answer["operations"] <= budget and answer["success"] for answer in answers)
    assert await one.keys() == [PENDING, *[OLD + name for name in names]]
    assert (await one.store.entries())[PENDING].value.count(b"t") == 120


async def test_forward_again_after_a_rollback(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a"]), PENDING: '["a"]'})
    await client.post(RUN)
    await client.post(ROLLBACK)
    await one.finish(client)
    assert await one.keys() == [NEW + "a"]


async def test_a_dry_run_writes_nothing(one: Deployment, client: httpx.AsyncClient) -> None:
    await one.put({**tasks(["a", "b"], NEW), NEW_LEASE + "a": lease("w", 300)})
    before = await one.store.entries()
    answer = (await client.post(ROLLBACK + "?dryRun=true")).json()
    assert answer["message"] == "Rollback would move 2 tasks and 1 leases back to the old format"
    assert (answer["success"], answer["deleted"], answer["dryRun"]) == (True, 0, True)
    assert await one.store.entries() == before


async def test_deleting_takes_a_dry_run_that_says_what_is_lost(
    one: Deployment, client: httpx.AsyncClient
) -> None:
    await one.put({**tasks(["a", "b"], NEW), **tasks(["a"]), NEW_LEASE + "a": lease("w", 300)})
    refused = await client.post(ROLLBACK + "?mode=delete")
    assert (refused.status_code, refused.json()["success"]) == (409, False)
    said = (await client.post(ROLLBACK + "?mode=delete&dryRun=true")).json()
    assert (said["remaining"], said["lost"], said["lostTasks"]) == (3, 1, ["b"])
    done = (await client.post(ROLLBACK + "?mode=delete")).json()
    assert (done["done"], done["deleted"]) == (True, 3)
    assert await one.keys("queue:") == []
    assert await one.keys(OLD) == [OLD + "a"]


async def test_a_dry_run_is_forgotten_after_ten_minutes(one: Deployment, client: httpx.AsyncClient) -> None:
    await client.post(ROLLBACK + "?mode=delete&dryRun=true")
    CLOCK.advance(600_000)
    assert (await client.post(ROLLBACK + "?mode=delete")).status_code == 409


@pytest.mark.parametrize("query", ["?dryRun=yes", "?mode=all"])
async def test_an_unknown_wish_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.post(ROLLBACK + query)).status_code == 400
