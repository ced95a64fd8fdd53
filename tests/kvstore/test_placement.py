"""Folders in a place where files are made quickly: chosen on ext4, made as ever elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kvstore import Entry, StateStore
from kvstore.entropy import SystemEntropy
from kvstore.stores.placement import place_folder, spread

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the attribute is one of Linux's"),
]


@pytest.fixture
def on_ext4(tmp_path: Path) -> None:
    kind = ["stat", "--file-system", "--format=%T", str(tmp_path)]
    if subprocess.run(kind, capture_output=True, text=True, check=True).stdout.strip() != "ext2/ext3":
        pytest.skip("this is no ext4")


async def test_a_first_put_leaves_one_folder_of_values(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.mkdir(tmp_path.stat().st_mode)
    store = StateStore(tmp_path / "kv", "ns")
    await store.put("k", Entry(b"v"))
    await store.close()
    assert list((tmp_path / "kv" / "ns").iterdir()) == [store.blobs]
    assert [path.read_bytes() for path in store.blobs.iterdir()] == [b"v"]
    assert store.blobs.stat().st_mode == ordinary.stat().st_mode


@pytest.mark.usefixtures("on_ext4")
def test_the_quickest_place_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[int] = []

    def seconds(folder: Path) -> float:
        places.append(folder.stat().st_ino)
        return abs(len(places) - 5)

    monkeypatch.setattr("kvstore.stores.placement._seconds_for_a_file", seconds)
    place_folder(tmp_path / "blobs", SystemEntropy())
    assert (tmp_path / "blobs").stat().st_ino == places[4]
    assert len(set(places)) == len(places)
    assert [path.name for path in tmp_path.iterdir()] == ["blobs"]


@pytest.mark.usefixtures("on_ext4")
def test_a_folder_that_another_made_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "blobs" / "theirs"

    def seconds(_: Path) -> float:
        theirs.parent.mkdir(exist_ok=True)
        theirs.touch()
        return 0

    monkeypatch.setattr("kvstore.stores.placement._seconds_for_a_file", seconds)
    place_folder(tmp_path / "blobs", SystemEntropy())
    assert theirs.exists()
    assert list(tmp_path.iterdir()) == [theirs.parent]
    place_folder(tmp_path / "blobs", SystemEntropy())
    assert theirs.exists()


def test_where_there_is_no_choice_the_folder_is_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kvstore.stores.placement.spread", lambda _: False)
    place_folder(tmp_path / "blobs", SystemEntropy())
    assert list((tmp_path / "blobs").iterdir()) == []
    with pytest.raises(FileNotFoundError):
        place_folder(tmp_path / "not there" / "blobs", SystemEntropy())


@pytest.mark.parametrize("folder", ["/proc", os.devnull, "/not/there"])
def test_a_place_without_attributes_offers_no_choice(folder: str) -> None:
    assert not spread(Path(folder))
