"""Our own store, where the recordings say nothing: forks, files, many writers, failures."""

import asyncio
from pathlib import Path

import pytest

from kvstore import Entry, ManualClock, SqliteStore, StateError, StoreError
from kvstore.stores.memory import MemoryStore

pytestmark = pytest.mark.anyio


async def test_fork_shares_nothing() -> None:
    store = SqliteStore.in_memory(ManualClock())
    await store.put("a", Entry(b"1"))
    twin = store.fork()
    await twin.put("a", Entry(b"2"))
    await store.put("b", Entry(b"3"))
    assert await store.entries() == {"a": Entry(b"1"), "b": Entry(b"3")}
    assert await twin.entries() == {"a": Entry(b"2")}


async def test_fork_of_a_memory_store_shares_nothing() -> None:
    store = MemoryStore(ManualClock())
    await store.put("a", Entry(b"1", expiration=60))
    twin = store.fork(clock := ManualClock())
    await store.put("b", Entry(b"3"))
    await twin.put("c", Entry(b"2"))
    clock.set(60_001)
    assert [info.name for info in (await twin.scan()).keys] == ["c"]
    assert await twin.rows() == {"c": Entry(b"2")}
    assert await store.rows() == {"a": Entry(b"1", expiration=60), "b": Entry(b"3")}


async def test_fork_of_a_pooled_store_is_refused(tmp_path: Path) -> None:
    store = await SqliteStore.pooled(tmp_path / "kv.sqlite")
    with pytest.raises(StoreError, match="only a store on the calling thread can be forked"):
        store.fork()
    await store.close()


async def test_put_many_is_all_or_nothing() -> None:
    store = SqliteStore.in_memory(ManualClock())
    with pytest.raises(StoreError):
        await store.put_many({"a": Entry(b"1"), "b": Entry(None)})  # type: ignore[arg-type]
    assert await store.entries() == {}


async def test_entries_outlive_the_store(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "kv.sqlite")
    await store.put("a", Entry(b"1"))
    await store.close()
    again = await SqliteStore.pooled(tmp_path / "kv.sqlite")
    assert await again.get("a") == Entry(b"1")
    await again.close()


async def test_pooled_takes_many_writers_at_once(tmp_path: Path) -> None:
    store = await SqliteStore.pooled(tmp_path / "kv.sqlite")
    await asyncio.gather(*(store.put(f"k{number}", Entry(b"v")) for number in range(100)))
    assert len((await store.scan()).keys) == 100
    await store.close()


async def test_a_failed_write_leaves_the_store_usable(tmp_path: Path) -> None:
    store = await SqliteStore.pooled(tmp_path / "kv.sqlite")
    with pytest.raises(StoreError, match=r"kv\.sqlite"):
        await store.put("a", Entry(None))  # type: ignore[arg-type]
    await store.put("a", Entry(b"1"))
    assert await store.get("a") == Entry(b"1")
    await store.close()


@pytest.mark.parametrize("kind", ["inline", "pooled"])
async def test_a_file_that_is_no_database_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "kv.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match=r"kv\.sqlite"):
        _ = SqliteStore.open(path) if kind == "inline" else await SqliteStore.pooled(path)
