"""Copying a namespace out of wrangler's state folder."""

import hashlib
import sqlite3
from pathlib import Path

import pytest

from kvstore import Entry, ManualClock, SourceError, StateStore, SystemClock, copy_namespace
from kvstore.stores.state_names import database_path, state_root
from tests.fixtures import GUIDE_5, NAMESPACE, unpack_busy

pytestmark = pytest.mark.anyio

NOW = 1_795_305_600_000  # 2026-11-22


def digest(folder: Path) -> dict[str, str]:
    """Every file with its hash: what must not change."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_copy_reads_what_wrangler_wrote() -> None:
    copy = copy_namespace(state_root(GUIDE_5), NAMESPACE, ManualClock(NOW))
    assert len(copy.entries) == 9
    assert copy.entries["orchestrator:pending"] == Entry(
        b'["task1","task2","task3","task4","task5"]', 1924992000, None
    )


def test_copy_leaves_the_source_as_it_was(tmp_path: Path) -> None:
    project = unpack_busy(tmp_path)
    before = digest(project)
    copy = copy_namespace(state_root(project), NAMESPACE, ManualClock(NOW))
    assert len(copy.entries) == 1272
    assert digest(project) == before


def test_copy_leaves_out_what_has_expired_and_counts_it() -> None:
    copy = copy_namespace(state_root(GUIDE_5), NAMESPACE, ManualClock(1924992000_000))
    assert (copy.entries, copy.expired) == ({}, 9)


async def test_copy_includes_a_write_ahead_log(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "one")
    await store.put("in-the-log", Entry(b"v"))
    log = store.path.with_name(store.path.name + "-wal")
    assert log.stat().st_size > 0
    before = digest(tmp_path)
    assert copy_namespace(tmp_path, "one", SystemClock()).entries == {"in-the-log": Entry(b"v")}
    assert digest(tmp_path) == before
    await store.close()


async def test_copy_names_keys_whose_value_file_is_missing(tmp_path: Path) -> None:
    store = StateStore(tmp_path, "one")
    await store.put("k", Entry(b"v"))
    await store.close()
    for blob in store.blobs.iterdir():
        blob.unlink()
    copy = copy_namespace(tmp_path, "one", SystemClock())
    assert (copy.entries, copy.valueless) == ({}, ["k"])


def test_copy_of_an_unknown_namespace_says_what_is_there() -> None:
    with pytest.raises(SourceError, match=f"no namespace 'nope' in .*it has values of: {NAMESPACE}"):
        copy_namespace(state_root(GUIDE_5), "nope", SystemClock())


@pytest.mark.parametrize("damage", [b"this is no database at all, whatever its name says", b""])
def test_copy_of_a_damaged_database_names_the_file(tmp_path: Path, damage: bytes) -> None:
    path = database_path(tmp_path, "one")
    path.parent.mkdir(parents=True)
    path.write_bytes(damage)
    if not damage:
        # An empty file is an empty database: a namespace that was never written.
        assert copy_namespace(tmp_path, "one", SystemClock()).entries == {}
        return
    with pytest.raises(SourceError, match=f"{path.name} is damaged"):
        copy_namespace(tmp_path, "one", SystemClock())


def test_copy_of_a_torn_database_names_the_file(tmp_path: Path) -> None:
    project = unpack_busy(tmp_path)
    path = database_path(state_root(project), NAMESPACE)
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(SourceError, match=f"{path.name} is damaged"):
        copy_namespace(state_root(project), NAMESPACE, SystemClock())


def test_copy_of_a_file_without_the_table_is_empty(tmp_path: Path) -> None:
    path = database_path(tmp_path, "one")
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    assert copy_namespace(tmp_path, "one", SystemClock()).entries == {}
