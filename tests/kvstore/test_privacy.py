"""What is made in a folder is as private as that folder, and never less than the umask says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvstore import Entry, ManualClock, SqliteStore, StateStore, save_snapshot
from kvstore.entropy import SeededEntropy
from kvstore.sql.pooled import PooledDatabase
from kvstore.stores.state_names import state_root
from worker.durable.storage.disk import FolderDisk
from worker.kvwire import StateFolder
from worker.rest.registry import Registry

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX"),
]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def private(folder: Path) -> dict[str, str]:
    """What group and others may do with everything in ``folder``, where it is anything."""
    return {
        str(path.relative_to(folder)): oct(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.stat().st_mode & 0o077
    }


def bits(folder: Path) -> set[tuple[bool, int]]:
    """Whether each thing in ``folder`` is a folder, and its permissions."""
    return {(path.is_dir(), path.stat().st_mode & 0o777) for path in folder.rglob("*")}


async def write_state(root: Path) -> None:
    """Every kind of file that we make in a state folder; it is looked at while the databases are open."""
    clock = ManualClock(1_800_000_000_000)
    store = StateStore(root, "inline", clock)
    await store.put("k", Entry(b"small"))
    await store.put("k", Entry(b"large" * 10_000))
    pooled = StateStore(root, "pooled", clock, opener=PooledDatabase.open)
    await pooled.put("k", Entry(b"v"))
    disk = FolderDisk(root.parent / "do" / "script-Class")
    disk.rows("a" * 64).put("k", b"v")
    disk.rows("a" * 64).flush()
    Registry(root, {}, SeededEntropy(1)).create("title")
    assert list(root.rglob("*.sqlite-wal"))
    assert list(root.rglob("*.sqlite-shm"))
    await store.close()
    await pooled.close()
    disk.close()


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("persist_to", [None, "elsewhere"])
async def test_state_in_a_private_folder_is_private(persist_to: str | None, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir(0o700)
    await write_state(state_root(project, persist_to))
    assert private(project) == {}


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize(
    ("mode", "folder", "file"), [(0o755, 0o755, 0o644), (0o750, 0o750, 0o640), (0o711, 0o711, 0o600)]
)
async def test_state_is_as_open_as_its_folder(mode: int, folder: int, file: int, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    project.chmod(mode)
    await write_state(state_root(project))
    assert bits(project) == {(True, folder), (False, file)}


@pytest.mark.usefixtures("umask")
async def test_state_beside_what_another_made_is_as_private_as_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    root = state_root(project)
    root.mkdir(parents=True)  # as wrangler does: each folder as the umask says
    project.chmod(0o700)
    await write_state(root)
    assert {name for name in private(project) if name not in (".wrangler", ".wrangler/state")} == {
        ".wrangler/state/v3",
        ".wrangler/state/v3/kv",
    }


@pytest.mark.usefixtures("umask")
async def test_no_file_is_more_open_than_the_umask_says(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    project.chmod(0o777)
    os.umask(0o077)
    await write_state(state_root(project))
    assert private(project) == {}


@pytest.mark.usefixtures("umask")
async def test_a_database_and_a_snapshot_of_our_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    store = SqliteStore.open(tmp_path / "own.sqlite", ManualClock(0))
    await store.put("k", Entry(b"v"))
    await save_snapshot(store, tmp_path / "snapshot")
    assert private(tmp_path) == {}
    await store.close()


@pytest.mark.usefixtures("umask")
async def test_a_file_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    """Whoever opened the folder to others meant it, and what another program made is that program's."""
    path = tmp_path / "own.sqlite"
    path.touch(0o644)
    tmp_path.chmod(0o700)
    await SqliteStore.open(path, ManualClock(0)).close()
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.usefixtures("umask")
async def test_a_server_of_a_state_folder_makes_private_files(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir(0o700)
    folder = StateFolder(state_root(project), ManualClock(0))
    await folder("ns").put("k", Entry(b"v"))
    await folder.close()
    assert private(project) == {}
