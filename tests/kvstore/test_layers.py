"""The layers that make KV as unfriendly as production: quotas, faults, stale locations."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvstore import Entry, KVError, KVNamespace, ManualClock, SeededEntropy, SqliteStore, Store
from kvstore.conditions import CONDITIONS
from kvstore.faults import Fault, InvocationCrashed, read_fault
from kvstore.layers.edge import Edge, Origin, Staleness
from kvstore.layers.invocation import Invocations
from kvstore.layers.journal import Journal
from kvstore.layers.quotas import FREE_PLAN, Allowance, Quotas
from kvstore.layers.transit import OneFault, Transit
from kvstore.platform import Layers
from kvstore.store import KeyInfo
from kvstore.stores.memory import MemoryStore

pytestmark = pytest.mark.anyio

START = 1_800_000_000_000


def limited(allowance: Allowance) -> tuple[KVNamespace, Invocations, ManualClock]:
    clock, invocations = ManualClock(START), Invocations(allowance.connections, allowance.operations)
    quotas = Quotas(SqliteStore.in_memory(clock), allowance)
    return KVNamespace(Transit(quotas, OneFault(), invocations)), invocations, clock


async def test_budget_is_counted_for_each_invocation() -> None:
    kv, invocations, _ = limited(Allowance(operations=3))
    with invocations.start("one") as one:
        await kv.put("a", "1")
        await kv.get(["a", "b", "c"])
        await kv.list()
        for _ in range(2):
            with pytest.raises(
                KVError, match=r"^Error: Too many API requests by single Worker invocation\.$"
            ):
                await kv.get("a")
        assert one.operations == 5
    with invocations.start("two"):
        assert await kv.get("a") == "1"


async def test_a_key_is_written_once_a_second() -> None:
    kv, _, clock = limited(Allowance(write_interval_ms=1000))
    await kv.put("a", "1")
    await kv.put("b", "1")
    clock.advance(999)
    with pytest.raises(KVError, match=r"^Error: KV PUT failed: 429 Too Many Requests$"):
        await kv.put("a", "2")
    await kv.delete("a")
    clock.advance(1)
    await kv.put("a", "3")
    assert await kv.get("a") == "3"


async def test_a_write_that_comes_too_soon_may_be_confirmed_and_lost() -> None:
    kv, _, clock = limited(Allowance(write_interval_ms=1000, write_rate="lost"))
    await kv.put("a", "1")
    clock.advance(999)
    await kv.put("a", "2")
    assert await kv.get("a") == "1"
    clock.advance(1)
    await kv.put("a", "3")
    assert await kv.get("a") == "3"


async def test_deletes_count_as_writes_when_told_to() -> None:
    kv, _, _ = limited(Allowance(write_interval_ms=1000, deletes_are_writes=True))
    await kv.put("a", "1")
    with pytest.raises(KVError, match=r"^Error: KV DELETE failed: 429 Too Many Requests$"):
        await kv.delete("a")


async def test_a_day_has_its_own_count() -> None:
    kv, _, clock = limited(Allowance(writes_per_day=2, reads_per_day=3, lists_per_day=1, deletes_per_day=1))
    await kv.put("a", "1")
    await kv.put("b", "1")
    with pytest.raises(KVError, match=r"^Error: KV put\(\) limit exceeded for the day\.$"):
        await kv.put("c", "1")
    await kv.get(["a", "b"])
    with pytest.raises(KVError, match=r"KV get\(\) limit"):
        await kv.get(["a", "b"])
    await kv.list()
    with pytest.raises(KVError, match=r"KV list\(\) limit"):
        await kv.list()
    await kv.delete("a")
    with pytest.raises(KVError, match=r"KV delete\(\) limit"):
        await kv.delete("a")
    clock.advance(86_400_000 - START % 86_400_000)
    await kv.put("c", "1")


async def test_the_free_plan_takes_1000_writes_a_day() -> None:
    kv, _, _ = limited(FREE_PLAN)
    for number in range(1000):
        await kv.put(f"k{number}", "v")
    with pytest.raises(KVError, match="limit exceeded for the day"):
        await kv.put("one more", "v")


def faulty(fault: str) -> tuple[KVNamespace, Transit]:
    plan = OneFault(read_fault(fault))
    transit = Transit(SqliteStore.in_memory(ManualClock(START)), plan, Invocations())
    return KVNamespace(transit), transit


@pytest.mark.parametrize(
    ("fault", "first", "stored"),
    [
        ("refused@1", "Error: KV PUT failed: 500 Internal Server Error", [None, "2"]),
        ("unanswered@1", "Error: KV PUT failed: 500 Internal Server Error", ["1", "2"]),
        ("crash@1", "cut off before operation 1", [None, "2"]),
        ("outage@1", "Error: KV PUT failed: 500 Internal Server Error", [None, None]),
    ],
)
async def test_a_fault_happens_at_its_operation(fault: str, first: str, stored: list[str | None]) -> None:
    kv, transit = faulty(fault)
    with pytest.raises((KVError, InvocationCrashed)) as caught:
        await kv.put("a", "1")
    assert str(caught.value) == first
    try:
        await kv.put("b", "2")
    except KVError:
        assert fault == "outage@1"
    transit.follow(OneFault())
    assert [await kv.get("a"), await kv.get("b")] == stored


@pytest.mark.parametrize("text", ["", "crash", "crash@", "crash@0", "crash@-1", "sleep@3", "crash@x"])
def test_parse_fault_refuses_an_invalid_fault(text: str) -> None:
    with pytest.raises(ValueError, match="is not a fault"):
        read_fault(text)
    assert str(read_fault("outage@12")) == str(Fault("outage", 12)) == "outage@12"


def colos(staleness: Staleness) -> tuple[KVNamespace, KVNamespace, ManualClock, Store]:
    clock = ManualClock(START)
    origin = Origin(SqliteStore.in_memory(clock))
    edges = [Edge(origin, name, staleness, SeededEntropy(1)) for name in ("AMS", "NRT")]
    return KVNamespace(edges[0]), KVNamespace(edges[1]), clock, origin.store


async def test_a_location_sees_its_own_write_and_another_its_copy() -> None:
    here, there, clock, _ = colos(Staleness())
    await here.put("a", "1")
    assert await there.get("a") == "1"
    await here.put("a", "2")
    assert await here.get("a") == "2"
    clock.advance(59_999)
    assert await there.get("a") == "1"
    clock.advance(1)
    assert await there.get("a") == "2"


async def test_a_miss_is_cached_like_a_value() -> None:
    here, there, clock, _ = colos(Staleness())
    assert await there.get("a") is None
    await here.put("a", "1")
    clock.advance(59_000)
    assert await there.get("a") is None
    clock.advance(1_000)
    assert await there.get("a") == "1"


async def test_a_read_with_a_shorter_cache_ttl_ends_a_copy() -> None:
    here, there, clock, _ = colos(Staleness())
    await here.put("a", "1")
    await there.get("a", {"cacheTtl": 300})
    await here.put("a", "2")
    clock.advance(31_000)
    assert await there.get("a", {"cacheTtl": 300}) == "1"
    assert await there.get("a", {"cacheTtl": 30}) == "2"


async def test_an_expiration_beats_every_cache() -> None:
    here, there, clock, _ = colos(Staleness())
    await here.put("a", "1", {"expirationTtl": 60})
    await there.get("a", {"cacheTtl": 3600})
    clock.advance(60_000)
    assert await there.get("a", {"cacheTtl": 3600}) is None
    assert (await there.list())["keys"] == []


async def test_a_listing_lags_but_shows_own_writes() -> None:
    here, there, clock, _ = colos(Staleness())
    await here.put("a", "1")
    await here.put("b", "1")
    assert [key["name"] for key in (await here.list())["keys"]] == ["a", "b"]
    assert (await there.list())["keys"] == []
    clock.advance(60_000)
    assert [key["name"] for key in (await there.list())["keys"]] == ["a", "b"]
    await here.delete("a")
    assert [key["name"] for key in (await there.list())["keys"]] == ["a", "b"]
    assert [key["name"] for key in (await here.list())["keys"]] == ["b"]


async def test_own_writes_can_be_unseen() -> None:
    here, _, clock, store = colos(Staleness(own_writes=0))
    assert await here.get("a") is None
    await here.put("a", "1")
    assert await store.get("a") == Entry(b"1")
    assert await here.get("a") is None
    assert (await here.list())["keys"] == []
    clock.advance(60_000)
    assert await here.get("a") == "1"


async def test_pages_of_a_stale_listing_are_whole() -> None:
    here, there, clock, _ = colos(Staleness())
    for number in range(5):
        await here.put(f"k{number}", "v")
    clock.advance(60_000)
    await here.delete("k0")
    first = await there.list({"limit": 2})
    second = await there.list({"limit": 3, "cursor": first["cursor"]})
    assert [key["name"] for key in first["keys"] + second["keys"]] == ["k0", "k1", "k2", "k3", "k4"]
    assert second["list_complete"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["AMS", "NRT"]), st.integers(0, 20), st.sampled_from("pdt")), max_size=40
    ),
    st.sampled_from([1, 2, 3, 7]),
)
@settings(deadline=None)
def test_pages_of_a_late_listing_are_the_whole_list_cut(
    writes: list[tuple[str, int, str]], limit: int
) -> None:
    async def check() -> None:
        clock = ManualClock(START)
        origin = Origin(MemoryStore(clock))
        edges = {name: Edge(origin, name, Staleness(), SeededEntropy(1)) for name in ("AMS", "NRT")}
        for colo, number, what in writes:
            clock.advance(9_000)
            ends = (START + 200_000) // 1000 if what == "t" else None
            if what == "d":
                await edges[colo].delete(f"k{number:02}")
            else:
                await edges[colo].put(f"k{number:02}", Entry(b"1", ends))
        for edge in edges.values():
            whole = await edge.scan("k")
            assert whole.complete
            found, page = list[KeyInfo](), await edge.scan("k", None, limit)
            while not page.complete:
                assert len(page.keys) == limit
                found += page.keys
                page = await edge.scan("k", found[-1].name, limit)
            assert [*found, *page.keys] == whole.keys

    asyncio.run(check())


async def test_a_late_page_asks_for_no_more_keys_than_it_shows() -> None:
    clock, journal = ManualClock(START), Journal(MemoryStore(ManualClock(START)), names=True)
    edge = Edge(Origin(journal), "AMS", Staleness(), SeededEntropy(1))
    for number in range(50):
        await journal.put(f"k{number:02}", Entry(b"1"))
    journal.events.clear()
    clock.advance(100_000)
    page = await edge.scan("k", "k09", 5)
    assert [one.name for one in page.keys] == [f"k{number}" for number in range(10, 15)]
    assert [len(event.found) for event in journal.events] == [6]


async def test_changes_that_no_location_lists_any_more_are_forgotten() -> None:
    clock = ManualClock(START)
    layers = Layers(MemoryStore(clock), CONDITIONS["production"])
    location = layers.location("AMS", OneFault(), SeededEntropy(1)).namespace
    for number in range(300):
        await location.put(f"k{number}", "1")
        clock.advance(1_000)
    assert len(layers._origin.changes) < 150


async def test_many_keys_are_cached_as_one_is() -> None:
    clock = ManualClock(START)
    store = MemoryStore(clock)
    edge = Edge(Origin(store), "AMS", Staleness(cache_ttl=60), SeededEntropy(1))
    old, new = Entry(b"old"), Entry(b"new")
    await store.put("read before", old)
    await edge.get("read before")
    await store.put("read before", new)
    await store.put("ends", Entry(b"old", START // 1000 + 30))
    keys = ["missing", "ends", "read before"]
    assert await edge.get_many(keys) == {"ends": Entry(b"old", START // 1000 + 30), "read before": old}
    await store.put("missing", new)
    clock.advance(30_000)
    assert [await edge.get(key) for key in keys] == [None, None, old]
    assert await edge.get_many(keys) == {"read before": old}
    clock.advance(30_000)
    assert await edge.get_many(keys) == {"missing": new, "read before": new}
