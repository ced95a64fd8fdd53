"""A namespace that is generated: its keys and entries are those of a census, and a page costs a page."""

import json

import pytest

from kvstore import LIMITS, Entry, ManualClock, StoreError
from kvstore.copies.census import Census, Shape, census_of
from kvstore.copies.synthetic import SyntheticStore

pytestmark = pytest.mark.anyio
NOW = 1_800_000_000
CLOCK = ManualClock(NOW * 1000)
MANY = Shape("link:*", 100_000_000, 20_000_000_000)


async def everything(store: SyntheticStore, limit: int = 7, prefix: str = "") -> dict[str, Entry]:
    """All entries, page by page."""
    found: dict[str, Entry] = {}
    after = None
    while True:
        page = await store.scan(prefix, after, limit)
        found |= await store.get_many([key.name for key in page.keys])
        if page.complete:
            return found
        after = page.keys[-1].name


async def test_a_census_of_what_was_generated_from_a_census_says_the_same() -> None:
    there = {f"user:{number:03}:posts": Entry(b'{"a": "12345678"}', NOW + 600) for number in range(200)}
    there |= {f"link:{number:03}": Entry(b"x" * 40, None, '{"of": "me"}') for number in range(300)}
    there["index"] = Entry(b"x" * 7)
    wanted = census_of(there, NOW)
    store = SyntheticStore([shape for group in wanted for shape in group.shapes], CLOCK)
    assert census_of(await everything(store), NOW) == wanted


async def test_pages_are_in_order_and_each_key_is_there_once() -> None:
    shapes = [Shape("a:*", 30, 300), Shape("*:posts:*", 12, 120), Shape("a:1*", 5, 50), Shape("z", 1, 1)]
    store = SyntheticStore(shapes, CLOCK)
    found = await everything(store)
    assert list(found) == sorted(found)
    assert len(found) == len(store) - 5 == 43  # a:10 to a:14 are of two shapes
    assert list(await everything(store, 2, "a:1")) == [key for key in found if key.startswith("a:1")]


async def test_the_middle_of_a_hundred_million_keys_is_found_at_once() -> None:
    store = SyntheticStore([MANY, Shape("user:*", 5, 50)], CLOCK)
    page = await store.scan("link:", "link:50000000", 3)
    assert [key.name for key in page.keys] == ["link:50000001", "link:50000002", "link:50000003"]
    assert not page.complete
    entry = await store.get("link:99999999")
    assert entry is not None
    assert len(entry.value) == 200
    for missing in ("link:100000000", "link:5", "link:x0000000", "user:5", "other"):
        assert await store.get(missing) is None


async def test_each_class_has_its_share() -> None:
    shape = Shape(
        "s:*",
        1000,
        100_000,
        lifetimes={"for ever": 700, "≤ 1 day": 300},
        metadata={"by": 200},
        with_metadata=200,
        members={"url": 900, "owner": 450},
        texts=100,
    )
    census = Census(NOW)
    for key, entry in (await everything(SyntheticStore([shape], CLOCK), 500)).items():
        census.add(key, entry)
    ((found,),) = [group.shapes for group in census.groups()]
    for share, of in (
        (found.expire, 300),
        (found.with_metadata, 200),
        (found.texts, 100),
        (found.members["owner"], 450),
    ):
        assert abs(share - of) < 30
    assert found.bytes == 100_000


@pytest.mark.parametrize(
    "shapes", [[Shape("no-star", 2)], [Shape("a:*", 1), Shape("a:*", 2)]], ids=["no star", "twice"]
)
async def test_shapes_that_cannot_be_are_refused(shapes: list[Shape]) -> None:
    with pytest.raises(StoreError):
        SyntheticStore(shapes, CLOCK)


async def test_a_value_is_no_larger_than_kv_takes() -> None:
    entry = await SyntheticStore([Shape("a:*", 1, 10**15)], CLOCK).get("a:0")
    assert entry is not None
    assert len(entry.value) == LIMITS.value_size


async def test_nothing_can_be_written() -> None:
    store = SyntheticStore([MANY], CLOCK)
    with pytest.raises(StoreError, match="cannot be written"):
        await store.put("link:1", Entry(json.dumps(1).encode()))
    with pytest.raises(StoreError, match="cannot be written"):
        await store.delete("link:00000001")
