"""A worker does something right before any one KV operation of the safe migration: it is never undone."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kvstore import Entry, SqliteStore, Store
from kvstore.layers.layer import Around, Operation, T
from kvstore.store import Verb
from tests.worker.queue.deployment import (
    CLOCK,
    NEW,
    NEW_LEASE,
    OLD,
    ROLLBACK,
    RUN,
    Deployment,
    busy,
    tasks,
)

pytestmark = pytest.mark.anyio

Act = Callable[[httpx.AsyncClient], Awaitable[object]]


class Interrupted(Around):
    """Lets ``act`` happen before the ``at``-th operation."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.at = self.count = 0
        self.act: Callable[[], Awaitable[object]] | None = None

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        self.count += 1
        if self.act is not None and self.count == self.at:
            act, self.act = self.act, None
            await act()
        return await operation(*arguments)


async def interrupted(at: int, act: Act, path: str) -> tuple[bool, Deployment]:
    """The migration from busy() to its end, with ``act`` on the way; whether it was reached."""
    store = SqliteStore.in_memory(CLOCK)
    layer = Interrupted(store)
    one = Deployment(store, layer)
    await one.put({**busy(), **({} if path == RUN else tasks(["born"], NEW))})
    migration, worker = one.client(), Deployment(store).client()
    if path == ROLLBACK:
        await one.finish(migration)
        layer.count = 0
    layer.at, layer.act = at, lambda: act(worker)
    await one.finish(migration, path)
    return layer.act is None, one


async def every_place(act: Act, check: Callable[[dict[str, Entry]], bool], path: str = RUN) -> None:
    at, reached = 1, True
    while reached:
        reached, one = await interrupted(at, act, path)
        if reached:
            assert check(await one.store.entries()), (at, await one.keys())
        at += 1
    assert at > 30


@pytest.mark.parametrize("path", [RUN, ROLLBACK])
@pytest.mark.parametrize("name", ["orphan", "a"])
async def test_a_completed_task_stays_completed(name: str, path: str) -> None:
    """I5, H38."""

    async def complete(worker: httpx.AsyncClient) -> None:
        await worker.post(f"/api/result/{name}", json={"success": True})

    await every_place(complete, lambda end: NEW + name not in end and OLD + name not in end, path)


@pytest.mark.parametrize("name", ["orphan", "for-ever"])
async def test_a_status_stays(name: str) -> None:
    """I8, H41."""

    async def work(worker: httpx.AsyncClient) -> None:
        await worker.post(f"/api/queue/{name}/status", json={"status": "busy"})

    await every_place(work, lambda end: b'"status":"busy"' in end[NEW + name].value)


async def test_a_claimed_task_stays_claimed() -> None:
    """I9."""

    async def claim(worker: httpx.AsyncClient) -> None:
        await worker.post("/api/queue/claim", json={"workerId": "w9"})

    await every_place(claim, lambda end: sum(b'"w9"' in entry.value for entry in end.values()) == 1)


async def test_a_task_that_arrives_is_there_in_the_end() -> None:
    async def arrive(worker: httpx.AsyncClient) -> None:
        await worker.post("/webhook/slack", json={"event": {"text": "x", "ts": "1"}})

    await every_place(arrive, lambda end: NEW + "slack_1" in end)


async def test_a_released_lease_frees_the_task_or_ends_by_itself() -> None:
    async def release(worker: httpx.AsyncClient) -> None:
        await worker.post("/api/queue/b/release", json={"workerId": "w2"})

    def ends(end: dict[str, Entry]) -> bool:
        return NEW_LEASE + "b" not in end or end[NEW_LEASE + "b"].expiration is not None

    await every_place(release, ends)


async def test_a_renewed_lease_holds() -> None:
    """For as long as before at least: KV cannot tell that a renewal came in between."""

    async def renew(worker: httpx.AsyncClient) -> None:
        await worker.post("/api/queue/b/renew", json={"workerId": "w2", "extendSec": 600})

    await every_place(renew, lambda end: b'"w2"' in end[NEW_LEASE + "b"].value)


async def test_a_status_during_which_the_task_is_copied_stays() -> None:
    """The other way round: the migration steps in before any one operation of the worker."""
    at, reached = 1, True
    while reached:
        store = SqliteStore.in_memory(CLOCK)
        layer = Interrupted(store)
        one, migration = Deployment(store, layer), Deployment(store).client()
        await one.put(busy())
        layer.at, layer.act = at, lambda client=migration: client.post(RUN)
        await one.client().post("/api/queue/a/status", json={"status": "busy"})
        reached = layer.act is None
        await one.finish(migration)
        assert b'"status":"busy"' in (await store.entries())[NEW + "a"].value, at
        at += 1
    assert at > 5
