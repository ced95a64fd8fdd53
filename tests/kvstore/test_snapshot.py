"""Snapshots of a namespace, and the difference between two states."""

from pathlib import Path

import pytest

from kvstore import Entry, ManualClock, SqliteStore, StateError, diff, open_snapshot, save_snapshot
from kvstore.copies.diff import Change, Difference

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000_000
ENTRIES = {"a": Entry(b"1", None, '{"m":1}'), "b": Entry(b"\x00\xff", 1_700_000_100)}


@pytest.mark.parametrize("kind", ["memory", "file", "pooled"])
async def test_a_snapshot_holds_what_the_store_held(tmp_path: Path, kind: str) -> None:
    store = SqliteStore.in_memory()
    if kind != "memory":
        path = tmp_path / "kv.sqlite"
        store = SqliteStore.open(path) if kind == "file" else await SqliteStore.pooled(path)
    await store.put_many(ENTRIES)
    await save_snapshot(store, tmp_path / "saved")
    await store.delete("a")
    await store.close()
    for _ in range(2):  # what is done to an opened snapshot stays out of the file
        opened = open_snapshot(tmp_path / "saved", ManualClock(NOW))
        assert await opened.entries() == ENTRIES
        await opened.delete("a")
    assert not list(tmp_path.glob("saved?*"))


async def test_a_snapshot_replaces_no_file(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_text("precious")
    with pytest.raises(StateError, match="saved: the file exists"):
        await save_snapshot(SqliteStore.in_memory(), path)
    assert path.read_text() == "precious"


async def test_a_snapshot_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot write the snapshot .*missing/saved"):
        await save_snapshot(SqliteStore.in_memory(), tmp_path / "missing" / "saved")


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_a_file_that_is_no_snapshot_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(StateError, match="cannot use .*other"):
        open_snapshot(path)
    assert path.read_bytes() == content


def test_a_snapshot_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="missing"):
        open_snapshot(tmp_path / "missing")
    assert not list(tmp_path.iterdir())


def test_diff_of_the_same_is_false_and_silent() -> None:
    assert not diff(ENTRIES, dict(ENTRIES))
    assert str(diff(ENTRIES, ENTRIES)) == ""


def test_diff_tells_added_removed_and_changed_apart() -> None:
    after = {"a": Entry(b"1", 1_700_000_100, '{"m":2}'), "c": Entry(b"3")}
    found = diff(ENTRIES, after)
    assert found == Difference(
        added={"c": after["c"]}, removed={"b": ENTRIES["b"]}, changed={"a": Change(ENTRIES["a"], after["a"])}
    )
    assert found.changed["a"].parts == ("expiration", "metadata")
    assert str(found) == "- b\n~ a (expiration, metadata)\n+ c"


async def test_diff_of_a_fork_is_what_was_done_to_it() -> None:
    store = SqliteStore.in_memory(ManualClock(NOW))
    await store.put_many(ENTRIES)
    twin = store.fork()
    await twin.put("a", Entry(b"2", None, '{"m":1}'))
    found = diff(await store.entries(), await twin.entries())
    assert str(found) == "~ a (value)"
