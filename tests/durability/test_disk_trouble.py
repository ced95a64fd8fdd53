"""A full disk and a folder that may not be written: a clear error, and nothing that was there is lost."""

import asyncio
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kvstore import Entry, SqliteStore, StateError, StateStore, StoreError
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase
from kvstore.stores.state import Opener

pytestmark = pytest.mark.anyio

KINDS = ["own-inline", "own-pooled", "state-inline", "state-pooled"]
NOBODY = 65534


async def open_store(kind: str, folder: Path) -> SqliteStore | StateStore:
    if kind == "own-inline":
        return SqliteStore.open(folder / "kv.sqlite")
    if kind == "own-pooled":
        return await SqliteStore.pooled(folder / "kv.sqlite")
    opener: Opener = InlineDatabase.open if kind == "state-inline" else PooledDatabase.open
    return StateStore(folder, "ns", opener=opener)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Writing beyond ``size`` bytes of any file fails, as on a disk with no room left."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_put_without_room_fails_and_the_rest_stays(tmp_path: Path, kind: str) -> None:
    store = await open_store(kind, tmp_path)
    await store.put("before", Entry(b"v" * 1000))
    with files_no_longer_than(200_000), pytest.raises(StoreError, match="cannot write"):
        await store.put("large", Entry(b"v" * 1_000_000))
    await store.put("after", Entry(b"v" * 1000))
    assert await store.get_many(["before", "large", "after"]) == {
        "before": Entry(b"v" * 1000),
        "after": Entry(b"v" * 1000),
    }
    if isinstance(store, StateStore):
        assert [path.stat().st_size for path in store.blobs.iterdir()] == [1000, 1000]
    await store.close()
    again = await open_store(kind, tmp_path)
    assert [info.name for info in (await again.scan()).keys] == ["after", "before"]
    await again.close()


@pytest.mark.parametrize("kind", ["own-pooled", "state-pooled"])
async def test_a_put_without_room_spoils_nothing_for_those_that_wait_with_it(
    tmp_path: Path, kind: str
) -> None:
    store = await open_store(kind, tmp_path)
    await store.put("before", Entry(b"v"))
    values = {"small-1": b"1", "large": b"v" * 1_000_000, "small-2": b"2"}
    with files_no_longer_than(400_000):
        puts = (store.put(key, Entry(value)) for key, value in values.items())
        results = await asyncio.gather(*puts, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), StoreError, type(None)]
    assert set(await store.get_many(list(values))) == {"small-1", "small-2"}
    await store.close()


async def test_a_full_database_says_so(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "kv.sqlite")
    assert isinstance(store.database, InlineDatabase)
    store.database.connection.execute("PRAGMA max_page_count = 20")
    await store.put("small", Entry(b"1"))
    with pytest.raises(StoreError, match=r"cannot write to .*kv\.sqlite: database or disk is full"):
        await store.put("large", Entry(b"v" * 200_000))
    assert await store.get("small") == Entry(b"1")
    await store.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a process without privileges can reach: pytest's own belong to root alone."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@contextmanager
def without_privileges(folder: Path) -> Iterator[None]:
    """Nothing in ``folder`` may be written inside the block, whoever runs the tests."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_folder_that_may_not_be_written_is_named(folder: Path, kind: str) -> None:
    with without_privileges(folder), pytest.raises(StateError, match=str(folder)):
        await (await open_store(kind, folder)).put("k", Entry(b"1"))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_namespace_that_may_not_be_written_keeps_what_it_has(folder: Path, kind: str) -> None:
    store = await open_store(kind, folder)
    await store.put("k", Entry(b"1"))
    await store.close()
    with without_privileges(folder), pytest.raises(StoreError, match=str(folder)):
        await (await open_store(kind, folder)).put("k", Entry(b"2"))
    again = await open_store(kind, folder)
    assert await again.get("k") == Entry(b"1")
    await again.close()
