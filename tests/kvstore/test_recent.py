"""What a store in wrangler's folder remembers of its value files."""

from pathlib import Path

import pytest

from kvstore import Entry, StateStore
from kvstore.stores.value_files import Recent

pytestmark = pytest.mark.anyio


def test_the_oldest_leave_when_there_is_no_more_room() -> None:
    recent = Recent(30)
    for name in ("a", "b", "c"):
        recent.add(name, b"123456789")
    assert recent.get("a") == b"123456789"
    recent.add("d", b"")
    assert [recent.get(name) for name in ("a", "b", "c", "d")] == [None, b"123456789", b"123456789", b""]


def test_recent_entries_make_room_when_one_is_forgotten() -> None:
    recent = Recent(20)
    recent.add("a", b"123456789")
    recent.forget("a")
    recent.forget("never there")
    recent.add("b", b"123456789")
    recent.add("c", b"12345678")
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (None, b"123456789", b"12345678")


def test_a_value_greater_than_all_room_is_not_kept() -> None:
    recent = Recent(5)
    recent.add("a", b"123456789")
    assert recent.get("a") is None


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 16_385, 1_000_000])
async def test_values_of_every_size_are_read_whole_again_and_again(tmp_path: Path, size: int) -> None:
    store = StateStore(tmp_path, "ns")
    value = bytes(number % 251 for number in range(size))
    await store.put("key", Entry(value))
    for _ in range(2):
        entry = await store.get("key")
        assert entry is not None
        assert entry.value == value
    await store.close()


async def test_a_value_that_was_read_before_is_the_new_one_once_another_store_replaced_it(
    tmp_path: Path,
) -> None:
    ours, other = StateStore(tmp_path, "ns"), StateStore(tmp_path, "ns")
    await ours.put("key", Entry(b"old"))
    assert await ours.get("key") == Entry(b"old")
    await other.put("key", Entry(b"new"))
    assert await ours.get("key") == Entry(b"new")
    await other.delete("key")
    assert await ours.get("key") is None
    await ours.close()
    await other.close()
