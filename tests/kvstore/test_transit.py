"""Transit and Paging: layers in which operations travel, may not arrive, and find small pages."""

import pytest

from kvstore import Entry, KVError, ManualClock, SqliteStore
from kvstore.faults import FAULTS, InvocationCrashed
from kvstore.layers.invocation import Invocations
from kvstore.layers.paging import Paging
from kvstore.layers.transit import Transit, Trip
from kvstore.store import Verb

pytestmark = pytest.mark.anyio

START = 1_800_000_000_000
V = Entry(b"v")


def travelling(*trips: Trip) -> tuple[Transit, ManualClock, SqliteStore]:
    """A store whose first operations travel as ``trips`` say, the rest at once."""
    clock = ManualClock(START)
    store, rest = SqliteStore.in_memory(clock), iter(trips)
    return Transit(store, lambda *_: next(rest, Trip()), Invocations()), clock, store


async def test_an_operation_takes_the_time_of_its_trip() -> None:
    transit, clock, store = travelling(Trip(there=7, back=5))
    await transit.put("a", V)
    assert clock.now_ms() == START + 12
    assert await store.get("a") == V


@pytest.mark.parametrize(
    ("kind", "error", "stored", "took"),
    [
        ("crash", "cut off before operation 1", False, 0),
        ("refused", "Error: KV PUT failed: 500 Internal Server Error", False, 0),
        ("unanswered", "Error: KV PUT failed: 500 Internal Server Error", True, 0),
        ("timeout", "Error: KV PUT failed: 504 Gateway Timeout", True, 30_000),
        ("outage", "Error: KV PUT failed: 500 Internal Server Error", False, 0),
    ],
)
async def test_a_fault_fails_the_operation(kind: str, error: str, stored: bool, took: int) -> None:
    transit, clock, store = travelling(Trip(fault=FAULTS[kind]))
    with pytest.raises((KVError, InvocationCrashed)) as caught:
        await transit.put("a", V)
    assert str(caught.value) == error
    assert (await store.get("a") == V) is stored
    assert clock.now_ms() == START + took


async def test_a_slow_operation_succeeds_late() -> None:
    transit, clock, store = travelling(Trip(there=1, fault=FAULTS["slow"]))
    await transit.put("a", V)
    assert clock.now_ms() == START + 1 + 20_000
    assert await store.get("a") == V


async def test_an_outage_ends() -> None:
    transit, clock, _ = travelling(Trip(fault=FAULTS["outage"]))
    for wait in (0, 60_000 - 1):
        clock.set(START + wait)
        with pytest.raises(KVError, match="KV GET failed: 500"):
            await transit.get("a")
    clock.set(START + 60_000)
    assert await transit.get("a") is None


async def test_the_plan_is_asked_by_invocation_ordinal_verb_and_key() -> None:
    asked: list[tuple[str, int, Verb, str]] = []

    def plan(invocation: str, ordinal: int, verb: Verb, key: str) -> Trip:
        asked.append((invocation, ordinal, verb, key))
        return Trip()

    invocations = Invocations()
    transit = Transit(SqliteStore.in_memory(ManualClock(START)), plan, invocations)
    with invocations.start("one"):
        await transit.put("a", V)
        await transit.get("a")
        await transit.delete("a")
    with invocations.start("two"):
        await transit.get_many(["a", "b"])
        await transit.scan("p")
    await transit.get("b")
    assert asked == [
        ("one", 1, "put", "a"),
        ("one", 2, "get", "a"),
        ("one", 3, "delete", "a"),
        ("two", 1, "get_many", "a,b"),
        ("two", 2, "scan", "p"),
        ("", 1, "get", "b"),
    ]


async def test_a_listing_has_small_pages_and_goes_on() -> None:
    store = SqliteStore.in_memory(ManualClock(START))
    await store.put_many({f"k{number}": V for number in range(5)})
    paging = Paging(store, 2)
    names: list[list[str]] = []
    after: str | None = None
    complete = False
    while not complete:
        page = await paging.scan("k", after)
        names.append([info.name for info in page.keys])
        after, complete = names[-1][-1], page.complete
    assert names == [["k0", "k1"], ["k2", "k3"], ["k4"]]


async def test_a_page_is_never_larger_than_asked_for() -> None:
    store = SqliteStore.in_memory(ManualClock(START))
    await store.put_many({f"k{number}": V for number in range(5)})
    page = await Paging(store, 3).scan("k", limit=1)
    assert [info.name for info in page.keys] == ["k0"]
    assert not page.complete
