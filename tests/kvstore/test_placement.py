"""Where new folders go: asked of ext4, ignored by others."""

import fcntl
import os
import struct
import sys
from pathlib import Path

import pytest

from kvstore import Entry, StateStore
from kvstore.placement import spread

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the attribute is one of Linux's"),
]

READ_ATTRIBUTES = 0x80086601
SPREAD = 0x20000  # what `chattr +T` sets


def attributes(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        (found,) = struct.unpack("i", fcntl.ioctl(descriptor, READ_ATTRIBUTES, bytes(4)))
    except OSError:
        pytest.skip("this file system knows no attributes")
    finally:
        os.close(descriptor)
    return int(found)


async def test_namespaces_of_a_folder_get_room_of_their_own(tmp_path: Path) -> None:
    before = attributes(tmp_path)
    spread(tmp_path)
    if attributes(tmp_path) == before:
        pytest.skip("this file system does not place folders so")
    store = StateStore(tmp_path / "other" / "kv", "ns")
    await store.put("k", Entry(b"v"))
    await store.close()
    assert attributes(tmp_path / "other" / "kv") == before | SPREAD
    assert not attributes(tmp_path / "other") & SPREAD


@pytest.mark.parametrize("folder", ["/proc", "/dev/null", "/not/there"])
def test_where_nothing_is_to_be_had_nothing_happens(folder: str) -> None:
    spread(Path(folder))
