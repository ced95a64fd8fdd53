"""The binding against recordings of the real one, on every store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kvstore import KVError, KVNamespace, ManualClock, SqliteStore, StateStore, Store, SystemClock
from kvstore.clock import Clock
from kvstore.sql.entries import milliseconds
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase
from kvstore.stores.memory import MemoryStore

from .recordings import Case, agrees, cases, play, shown

pytestmark = pytest.mark.anyio

STORES = ["inline", "memory", "pooled", "state-inline", "state-pooled"]


async def dump(store: Store) -> list[dict[str, Any]]:
    """All stored rows, as the recordings show them."""
    if isinstance(store, SqliteStore | MemoryStore):
        rows = [
            (key, milliseconds(row.expiration), row.metadata) for key, row in (await store.rows()).items()
        ]
    else:
        assert isinstance(store, StateStore)
        rows = [(key, row.expiration, row.metadata) for key, row in (await store.rows()).items()]
    return [
        {"key": key, "expiration": expiration, "metadata": metadata} for key, expiration, metadata in rows
    ]


async def make_store(
    kind: str, folder: Path, name: str, clock: Clock
) -> SqliteStore | MemoryStore | StateStore:
    if kind == "inline":
        return SqliteStore.in_memory(clock)
    if kind == "memory":
        return MemoryStore(clock)
    if kind == "pooled":
        return await SqliteStore.pooled(folder / f"{name}.sqlite", clock)
    opener = InlineDatabase.open if kind == "state-inline" else PooledDatabase.open
    return StateStore(folder, name, clock, opener=opener)


@pytest.fixture(params=STORES)
async def namespaces(
    request: pytest.FixtureRequest, tmp_path: Path, case: Case
) -> AsyncIterator[dict[str, KVNamespace]]:
    clock = SystemClock() if case.clock is None else ManualClock(case.clock)
    stores = [await make_store(request.param, tmp_path, name, clock) for name in ("main", "other")]
    main, other = (KVNamespace(store) for store in stores)
    yield {"": main, "alias": KVNamespace(stores[0]), "other": other}
    for store in stores:
        await store.close()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
async def test_recorded_binding(case: Case, namespaces: dict[str, KVNamespace]) -> None:
    results: list[Any] = []
    for index, step in enumerate(case.steps):
        if step["op"] == "eval":
            results.append(None)
            continue
        result, error = None, None
        try:
            result = await play(step, namespaces[step.get("ns", "")], results, dump)
        except KVError as refused:
            error = refused
        results.append(result)
        expected = step.get("expect_newer", step["expect"])
        assert agrees(expected, await shown(result), error), (index, step, result, error)
