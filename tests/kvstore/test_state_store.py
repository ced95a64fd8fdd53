"""The store in wrangler's own folder and format."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest

from kvstore import Entry, KVNamespace, ManualClock, StateError, StateStore, StoreError
from kvstore.sql.database import Database, Program
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase
from kvstore.stores.state_names import state_root
from tests.fixtures import GUIDE_5, NAMESPACE

T = TypeVar("T")

pytestmark = pytest.mark.anyio


def commits(database: Path) -> int:
    """The commits in a write-ahead log: pages whose header says how large the database is from there on."""
    log = Path(f"{database}-wal").read_bytes()
    return sum(log[header + 4 : header + 8] != bytes(4) for header in range(32, len(log), 24 + 4096))


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


async def test_changes_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns")
    await store.put("old", Entry(b"1"))
    await store.put("kept", Entry(b"2"))
    await store.change_many({"old": None, "kept": Entry(b"3"), "new": Entry(b"4", None, "{}"), "none": None})
    assert await store.get_many(["old", "kept", "new"]) == {
        "kept": Entry(b"3"),
        "new": Entry(b"4", None, "{}"),
    }
    assert sorted(path.read_bytes() for path in store.blobs.iterdir()) == [b"3", b"4"]
    with closing(sqlite3.connect(store.path)) as other:
        other.execute(
            "CREATE TRIGGER refusal BEFORE INSERT ON _mf_entries WHEN new.key = 'bad' "
            "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    with pytest.raises(StoreError, match="not this one"):
        await store.change_many({"kept": None, "new": Entry(b"5"), "bad": Entry(b"6")})
    assert await store.get_many(["kept", "new"]) == {"kept": Entry(b"3"), "new": Entry(b"4", None, "{}")}
    assert sorted(path.read_bytes() for path in store.blobs.iterdir()) == [b"3", b"4"]
    await store.close()


async def test_many_changes_are_one_commit(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns")
    await store.put("first", Entry(b"v"))
    before = commits(store.path)
    await store.change_many({f"k{number}": Entry(b"v") for number in range(100)})
    assert commits(store.path) == before + 1
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


async def test_puts_that_wait_share_a_commit(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns", opener=PooledDatabase.open)
    await store.put("first", Entry(b"v"))
    before = commits(store.path)
    await asyncio.gather(*(store.put(f"k{number}", Entry(b"v")) for number in range(50)))
    assert commits(store.path) == before + 1
    assert len(list(store.blobs.iterdir())) == 51
    await store.close()


async def test_first_puts_at_the_same_time_open_one_database(tmp_path: Path) -> None:
    opened: list[Database] = []

    async def opener(path: Path, setup: Iterable[str]) -> Database:
        opened.append(await PooledDatabase.open(path, setup))
        return opened[-1]

    store = StateStore(tmp_path, "ns", opener=opener)
    await asyncio.gather(*(store.put(f"k{number}", Entry(b"v")) for number in range(5)))
    assert len(opened) == 1
    await store.close()


async def test_a_put_that_fails_leaves_no_value_file(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns")
    await store.put("k", Entry(b"1"))
    with closing(sqlite3.connect(store.path)) as other:
        other.execute("DROP TABLE _mf_entries")
    with pytest.raises(StoreError, match="no such table"):
        await store.put("k", Entry(b"2"))
    assert [path.read_bytes() for path in store.blobs.iterdir()] == [b"1"]
    await store.close()


async def test_a_lock_of_another_process_is_waited_for(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns", opener=PooledDatabase.open)
    await store.put("k", Entry(b"1"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(store.put("k", Entry(b"2")))
        assert await store.get("k") == Entry(b"1")
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    assert await store.get("k") == Entry(b"2")
    await store.close()


async def test_a_value_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    writer = StateStore(tmp_path, "ns")
    await writer.put("k", Entry(b"1"))

    class Overtaken(InlineDatabase):
        """Another process puts between the reading of a row and the reading of its file, twice."""

        values: ClassVar = [b"2", b"3"]

        async def read(self, program: Program[T]) -> T:
            result = await super().read(program)
            if self.values:
                await writer.put("k", Entry(self.values.pop(0)))
            return result

    reader = StateStore(tmp_path, "ns", opener=Overtaken.open)
    assert await reader.get("k") == Entry(b"3")
    await reader.close()
    await writer.close()


async def test_a_lost_value_file_reads_as_a_missing_key(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ns")
    await store.put("k", Entry(b"1"))
    for path in store.blobs.iterdir():
        path.unlink()
    assert await store.get("k") is None
    await store.close()


@pytest.mark.parametrize("namespace", [".hidden", "..", "a/b", "x" * 255])
async def test_any_namespace_id_keeps_its_values(tmp_path: Path, namespace: str) -> None:
    store = StateStore(tmp_path, namespace)
    await store.put("k", Entry(b"1"))
    assert await store.get("k") == Entry(b"1")
    await store.close()


async def test_a_namespace_id_too_long_for_a_folder_is_refused(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "ä" * 200)
    with pytest.raises(StateError, match="too long: .* 400 bytes, and 255 is the most"):
        await store.put("k", Entry(b"1"))
    assert await store.get("k") is None


HOUR = 60 * 60 * 1000


def orphan(store: StateStore, age: int) -> Path:
    """A value file that no row names, ``age`` milliseconds old."""
    path = store.blobs / (b"\xee" * 32 + (store.clock.now_ms() - age).to_bytes(8, "big")).hex()
    path.write_bytes(b"orphan")
    return path


async def test_sweep_removes_what_no_row_names_once_it_is_an_hour_old(tmp_path: Path) -> None:
    clock = ManualClock(1_700_000_000_000)
    store = StateStore(tmp_path, "ns", clock)
    await store.put("k", Entry(b"1"))
    clock.advance(2 * HOUR)
    old, fresh = orphan(store, HOUR + 1), orphan(store, HOUR)
    foreign = store.blobs / ".kj-tmp.1.partial"
    foreign.write_bytes(b"")
    assert await store.sweep() == 1
    assert (old.exists(), fresh.exists(), foreign.exists()) == (False, True, True)
    assert await store.get("k") == Entry(b"1")
    await store.close()


async def test_sweep_removes_nothing_beside_a_damaged_neighbour(tmp_path: Path) -> None:
    clock = ManualClock(1_700_000_000_000)
    store = StateStore(tmp_path, "ns", clock)
    await store.put("k", Entry(b"1"))
    old = orphan(store, HOUR + 1)
    (store.path.parent / "damaged.sqlite").write_bytes(b"no database" * 100)
    assert await store.sweep() == 0
    assert old.exists()
    await store.close()


async def test_sweep_spares_a_namespace_that_shares_the_folder(tmp_path: Path) -> None:
    clock = ManualClock(1_700_000_000_000)
    store, neighbour = StateStore(tmp_path, "a/b", clock), StateStore(tmp_path, "a?b", clock)
    assert store.blobs == neighbour.blobs
    await store.put("k", Entry(b"1"))
    await neighbour.put("k", Entry(b"2"))
    clock.advance(2 * HOUR)
    assert await store.sweep() == 0
    assert await neighbour.get("k") == Entry(b"2")
    await store.close()
    await neighbour.close()


async def test_sweep_of_an_unwritten_namespace_creates_nothing(tmp_path: Path) -> None:
    assert await StateStore(tmp_path / "not-there", "ns").sweep() == 0
    assert list(tmp_path.iterdir()) == []
