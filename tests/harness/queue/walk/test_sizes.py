"""Tests that what a rehearsal keeps and reads grows with the namespace, not with its square."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from harness.migrations.queue.walk.outcome import Outcome
from harness.migrations.queue.walk.rehearse import rehearse_queue
from harness.migrations.queue.walk.stage import Stage
from harness.migrations.queue.walk.steps import Walk
from harness.sources.source import Source
from kvstore import Entry, ManualClock, NamespaceCopy, SqliteStore
from kvstore.conditions import CONDITIONS, Conditions

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000_000


LOCAL = CONDITIONS["local"]
SMALL_STEPS = replace(LOCAL, allowance=replace(LOCAL.allowance, operations=50))


async def stage_of(entries: dict[str, Entry], conditions: Conditions = LOCAL) -> Stage:
    store = SqliteStore.in_memory(ManualClock(NOW))
    await store.put_many(entries)
    return Stage(store, conditions)


def tasks(count: int) -> dict[str, Entry]:
    ids = [f"task-{number:04}" for number in range(count)]
    body = {f"orchestrator:queue:{task}": Entry(json.dumps({"id": task}).encode()) for task in ids}
    return body | {"orchestrator:pending": Entry(json.dumps(ids).encode())}


async def walked(count: int) -> Outcome:
    """A safe migration in small steps."""
    return await Walk(await stage_of(tasks(count), SMALL_STEPS), migration="safe").take()


async def test_keep_runs__what_each_wrote_and_no_more() -> None:
    outcome = await walked(200)
    assert len(outcome.runs) > 5
    for run in outcome.runs:
        assert max(len(run.before.entries), len(run.after.entries)) <= run.report.operations
    arrived = [task for run in outcome.runs for task in run.after.new_tasks.keys() - run.before.new_tasks]
    assert Counter(arrived) == Counter(outcome.after.new_tasks.keys())


async def test_read_the_namespace__as_often_for_many_steps_as_for_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = SqliteStore.entries
    reads: list[SqliteStore] = []

    async def counted(store: SqliteStore) -> dict[str, Entry]:
        reads.append(store)
        return await read(store)

    monkeypatch.setattr(SqliteStore, "entries", counted)
    few = await walked(20)
    as_often = len(reads)
    reads.clear()
    many = await walked(300)
    assert len(few.runs) < len(many.runs)
    assert len(reads) == as_often


async def test_take_states__what_they_have_in_common_is_there_once() -> None:
    large = Entry(b"x" * 100_000)
    stage = await stage_of({"a": large, "b": large})
    first = await stage.state()
    assert await stage.state() is first
    assert await stage.fork().state() is first
    await stage.store.put("a", Entry(b"y"))
    second = await stage.state()
    assert second.entries["a"].value == b"y"
    assert second.entries["b"] is first.entries["b"]


async def test_write_out_a_rehearsal__without_the_values() -> None:
    """Which asyncio does with whatever a task gives."""
    source = Source("values", NamespaceCopy(tasks(1) | {"large": Entry(b"x" * 100_000)}))
    assert len(repr(source)) < 1000
    assert len(repr(await rehearse_queue(source, ManualClock(NOW)))) < 1000
