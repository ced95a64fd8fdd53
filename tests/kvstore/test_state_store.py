"""The store in wrangler's own folder and format."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from kvstore import Entry, KVNamespace, ManualClock, StateError, StateStore
from kvstore.state_names import state_root
from tests.fixtures import GUIDE_5, NAMESPACE

pytestmark = pytest.mark.anyio


async def test_put_writes_a_row_and_a_file(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns", ManualClock(1_700_000_000_000))
    await store.put("k", Entry(b"\x00\xff", 1_700_000_100, '{"a":1}'))
    rows = sqlite3.connect(store.path)
    key, blob, expiration, metadata = rows.execute("SELECT * FROM _mf_entries").fetchone()
    rows.close()
    assert (key, expiration, metadata) == ("k", 1_700_000_100_000, '{"a":1}')
    assert (store.blobs / blob).read_bytes() == b"\x00\xff"
    assert len(blob) == 80
    assert int(blob[64:], 16) == 1_700_000_000_000
    await store.close()


async def test_overwrite_and_delete_leave_no_value_file(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns")
    await store.put("k", Entry(b"1"))
    await store.put("k", Entry(b"2"))
    assert [path.read_bytes() for path in store.blobs.iterdir()] == [b"2"]
    await store.delete("k")
    assert list(store.blobs.iterdir()) == []
    await store.close()


async def test_expired_entries_take_their_files_with_them(tmp_path: Path) -> None:
    clock = ManualClock(1_700_000_000_000)
    store = StateStore(tmp_path, "ns", clock)
    for key in ("read", "listed"):
        await store.put(key, Entry(b"v", 1_700_000_060))
    clock.advance(60_001)
    assert await store.get("read") is None
    assert (await store.scan()).keys == []
    assert list(store.blobs.iterdir()) == []
    await store.close()


async def test_reading_creates_nothing(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "not-there", "ns")
    assert await store.get("k") is None
    assert (await store.scan()).complete
    await store.delete("k")
    assert list(tmp_path.iterdir()) == []


async def test_two_stores_on_one_folder_see_each_other(tmp_path: Path) -> None:
    one, other = StateStore(tmp_path, "ns"), StateStore(tmp_path, "ns")
    await one.put("k", Entry(b"1"))
    assert await other.get("k") == Entry(b"1")
    await other.put("k", Entry(b"2"))
    assert await one.get("k") == Entry(b"2")
    await one.close()
    await other.close()


async def test_list_shows_what_wrangler_wrote(tmp_path: Path) -> None:
    shutil.copytree(GUIDE_5, tmp_path / "project")
    store = StateStore(state_root(tmp_path / "project"), NAMESPACE, ManualClock(1_795_305_600_000))
    page = await KVNamespace(store).list(prefix="orchestrator:lease:")
    await store.close()
    assert [key["name"] for key in page["keys"]] == ["orchestrator:lease:task1", "orchestrator:lease:task2"]


async def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns")
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match=store.path.name):
        await store.get("k")
