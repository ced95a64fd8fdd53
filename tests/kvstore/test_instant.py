"""KV Instant: what it refuses, and when other locations see a write."""

from typing import Any

import pytest
from anyio import create_task_group
from anyio.lowlevel import checkpoint

from kvstore import Entry, KVError, KVNamespace, ManualClock
from kvstore.conditions import CONDITIONS
from kvstore.entropy import SeededEntropy
from kvstore.layers.edge import Origin
from kvstore.layers.instant import Held, Instant, InstantLimits, Replica
from kvstore.layers.quotas import Allowance, Quotas
from kvstore.layers.transit import Trip
from kvstore.platform import Layers
from kvstore.store import Page
from kvstore.stores.memory import MemoryStore

pytestmark = pytest.mark.anyio

BEGAN = 1_800_000_000_000


class Place:
    """A namespace of KV Instant, as two locations see it."""

    def __init__(self) -> None:
        self.clock = ManualClock(BEGAN)
        layers = Layers(MemoryStore(self.clock), CONDITIONS["instant"])
        here, there = (
            layers.location(colo, lambda *asked: Trip(), SeededEntropy(1)).namespace
            for colo in ("AMS", "NRT")
        )
        self.here: KVNamespace = here
        self.there: KVNamespace = there


@pytest.fixture
def place() -> Place:
    return Place()


async def refused(asked: Any) -> str:
    with pytest.raises(KVError) as error:
        await asked
    return error.value.code


async def test_metadata_and_long_keys_are_refused(place: Place) -> None:
    assert await refused(place.here.put("a", "1", {"metadata": {"by": "me"}})) == "metadata-size"
    assert await refused(place.here.put("a" * 301, "1")) == "key-size"
    await place.here.put("a" * 300, "1")


async def test_a_namespace_takes_one_write_a_second(place: Place) -> None:
    await place.here.put("a", "1")
    assert await refused(place.there.put("b", "1")) == "write-rate"
    place.clock.advance(1000)
    await place.there.put("b", "1")


async def test_what_does_not_fit_is_refused_until_something_goes(place: Place) -> None:
    await place.here.put("a", "1" * 600_000)
    place.clock.advance(1000)
    assert await refused(place.here.put("b", "1" * 600_000)) == "value-size"
    await place.here.delete("a")
    place.clock.advance(1000)
    await place.here.put("b", "1" * 600_000)


async def test_what_is_refused_takes_no_room_and_what_expires_gives_it_back(place: Place) -> None:
    await place.here.put("a", "1" * 600_000, {"expirationTtl": 60})
    assert await refused(place.here.put("b", "1" * 300_000)) == "write-rate"
    place.clock.advance(1000)
    await place.here.put("c", "1" * 300_000)
    place.clock.advance(1000)
    assert await refused(place.here.put("b", "1" * 600_000)) == "value-size"
    place.clock.advance(60_000)
    await place.here.put("b", "1" * 600_000)


async def test_a_full_namespace_is_counted_once() -> None:
    class Counted(MemoryStore):
        scans = 0

        async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
            self.scans += 1
            return await super().scan(prefix, after, limit)

    store = Counted(ManualClock(BEGAN))
    held = Held(store, Instant(keys=1))
    await store.put("a", Entry(b"1"))
    for number in range(3):
        with pytest.raises(KVError):
            await held.take(f"key-{number}", Entry(b"1"))
    assert store.scans == 1


async def test_two_first_writes_at_once_count_what_is_there_once() -> None:
    class Slow(MemoryStore):
        async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
            await checkpoint()
            return await super().scan(prefix, after, limit)

    held = Held(Slow(ManualClock(BEGAN)), Instant(size=100))
    await held.store.put("a", Entry(b"1" * 39))
    async with create_task_group() as tasks:
        tasks.start_soon(held.take, "b", Entry(b"1" * 9))
        tasks.start_soon(held.take, "c", Entry(b"1" * 9))
    await held.take("d", Entry(b"1" * 39))
    with pytest.raises(KVError):
        await held.take("e", Entry(b""))


async def test_a_listing_is_all_of_it(place: Place) -> None:
    for number in range(3):
        await place.here.put(f"key-{number}", "1")
        place.clock.advance(1000)
    assert len((await place.there.list())["keys"]) == 3
    with pytest.raises(KVError, match="all keys at once"):
        await place.there.list({"limit": 2})


async def test_a_write_is_seen_elsewhere_after_a_moment_and_at_once_where_it_is_made(place: Place) -> None:
    await place.here.put("a", "old")
    place.clock.advance(1000)
    assert await place.there.get("a") == "old"
    await place.here.put("a", "new")
    assert (await place.here.get("a"), await place.there.get("a")) == ("new", "old")
    place.clock.advance(Instant().longest_ms)
    assert await place.there.get("a") == "new"


async def test_how_late_a_write_is_seen_is_forgotten_once_it_is_seen() -> None:
    clock = ManualClock(BEGAN)
    origin = Origin(MemoryStore(clock))
    writer, reader = (Replica(origin, colo, Instant(), SeededEntropy(1)) for colo in ("AMS", "NRT"))
    for number in range(5):
        await writer.put(f"key-{number}", Entry(b"1"))
        await reader.scan()
        clock.advance(Instant().longest_ms)
    assert len(reader._delays) == 1


async def test_a_key_that_is_new_or_gone_is_listed_as_it_is_read(place: Place) -> None:
    await place.here.put("a", "1")
    assert (await place.there.list())["keys"] == []
    place.clock.advance(1000)
    await place.here.delete("a")
    assert [one["name"] for one in (await place.there.list())["keys"]] == ["a"]
    place.clock.advance(1000)
    assert (await place.there.list())["keys"] == []


def test_delays_have_the_published_distribution() -> None:
    delays = [Instant().delay_ms(per_mille) for per_mille in range(1000)]
    assert delays == sorted(delays)
    assert (delays[500], delays[950], delays[990]) == (107, 181, 256)


async def test_a_refused_delete_leaves_its_key_in_the_count() -> None:
    clock = ManualClock(BEGAN)
    store = MemoryStore(clock)
    no_deletes = Allowance(deletes_per_day=0)
    mode = Instant(keys=1)
    limited = InstantLimits(Quotas(store, no_deletes), mode, Held(store, mode))
    await limited.put("a", Entry(b"1"))
    with pytest.raises(KVError):
        await limited.delete("a")
    with pytest.raises(KVError, match="at most 1 keys"):
        await limited.put("b", Entry(b"1"))
