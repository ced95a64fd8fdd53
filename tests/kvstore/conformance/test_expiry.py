"""expiry: when an entry may expire, and when it is gone."""

import math
from typing import Any

import pytest

from kvstore import ManualClock

from .expect import MISSING, NOW, START, fill, names, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio


def ttl_zero(shown: int) -> str:
    return (
        f"Error: KV PUT failed: 400 Invalid expiration_ttl of {shown}. Please specify integer greater than 0."
    )


def ttl_short(shown: int) -> str:
    return f"Error: KV PUT failed: 400 Invalid expiration_ttl of {shown}. Expiration TTL must be at least 60."


def past(shown: int) -> str:
    return (
        f"Error: KV PUT failed: 400 Invalid expiration of {shown}. Please specify integer greater than the "
        "current number of seconds since the UNIX epoch."
    )


def near(shown: int) -> str:
    return (
        f"Error: KV PUT failed: 400 Invalid expiration of {shown}. Expiration times must be at least 60 "
        "seconds in the future."
    )


@pytest.mark.parametrize(
    ("ttl", "text"),
    [
        (0, ttl_zero(0)),
        (-1, ttl_zero(-1)),
        (-(2**31), ttl_zero(-(2**31))),
        (None, ttl_zero(0)),
        (math.nan, ttl_zero(0)),
        ("x", ttl_zero(0)),
        (0.9, ttl_zero(0)),
        (-0.9, ttl_zero(0)),
        (1, ttl_short(1)),
        (True, ttl_short(1)),
        ("0x10", ttl_short(16)),
        (59, ttl_short(59)),
        (59.9, ttl_short(59)),
    ],
)
async def test_put_refuses_an_expiration_ttl_below_60(kv: Binding, ttl: Any, text: str) -> None:
    with refusal(text):
        await kv.put("k", "v", {"expirationTtl": ttl})
    assert await kv.get("k") is None


@pytest.mark.parametrize(
    ("ttl", "seconds"), [(60, 60), (60.9, 60), ("60", 60), ([61], 61), (61, 61), (2**31 - 1, 2**31 - 1)]
)
async def test_put_counts_a_ttl_from_the_whole_second(
    kv: Binding, clock: ManualClock, ttl: Any, seconds: int
) -> None:
    await kv.put("k", "v", {"expirationTtl": ttl})
    assert (await kv.list())["keys"] == [{"name": "k", "expiration": NOW + seconds}]


@pytest.mark.parametrize(
    ("expiration", "text"),
    [
        (0, past(0)),
        (-5, past(-5)),
        (None, past(0)),
        (math.nan, past(0)),
        ("x", past(0)),
        (NOW - 1, past(NOW - 1)),
        (NOW, past(NOW)),
        (NOW + 0.9, past(NOW)),
        (NOW + 1, near(NOW + 1)),
        (NOW + 59, near(NOW + 59)),
        (NOW + 59.9, near(NOW + 59)),
    ],
)
async def test_put_refuses_an_expiration_less_than_60_ahead(
    kv: Binding, clock: ManualClock, expiration: Any, text: str
) -> None:
    with refusal(text):
        await kv.put("k", "v", {"expiration": expiration})


@pytest.mark.parametrize("ahead", [60, 60.9, 61])
async def test_put_takes_an_expiration_60_ahead(kv: Binding, clock: ManualClock, ahead: float) -> None:
    await kv.put("k", "v", {"expiration": NOW + ahead})
    assert (await kv.list())["keys"] == [{"name": "k", "expiration": NOW + int(ahead)}]


async def test_put_prefers_a_ttl_to_an_expiration(kv: Binding, clock: ManualClock) -> None:
    await kv.put("k", "v", {"expirationTtl": 100, "expiration": 1})
    assert (await kv.list())["keys"] == [{"name": "k", "expiration": NOW + 100}]


async def test_put_refuses_a_bad_ttl_beside_a_good_expiration(kv: Binding) -> None:
    with refusal(ttl_zero(0)):
        await kv.put("k", "v", {"expirationTtl": None, "expiration": 2**31 - 1})


@pytest.mark.parametrize("read", ["get", "getWithMetadata"])
async def test_get_loses_an_entry_in_the_millisecond_of_its_expiration(
    kv: Binding, clock: ManualClock, read: str
) -> None:
    await kv.put("k", "v", {"expirationTtl": 60})
    clock.set((NOW + 60) * 1000 - 1)
    assert await kv.get("k") == "v"
    clock.advance(1)
    assert await getattr(kv, read)("k") == (None if read == "get" else MISSING)


async def test_bulk_get_loses_an_entry_in_the_millisecond_of_its_expiration(
    kv: Binding, clock: ManualClock
) -> None:
    await kv.put("k", "v", {"expiration": NOW + 60})
    clock.set((NOW + 60) * 1000 - 1)
    assert await kv.get(["k"]) == {"k": "v"}
    clock.advance(1)
    assert await kv.get(["k"]) == {"k": None}
    assert await kv.getWithMetadata(["k"]) == {"k": None}


async def test_list_loses_an_entry_one_millisecond_later(kv: Binding, clock: ManualClock) -> None:
    await kv.put("k", "v", {"expirationTtl": 60})
    clock.set((NOW + 60) * 1000)
    assert names(await kv.list()) == ["k"]
    clock.advance(1)
    assert names(await kv.list()) == []


async def test_get_takes_an_expired_entry_out_of_the_list(kv: Binding, clock: ManualClock) -> None:
    await kv.put("k", "v", {"expirationTtl": 60})
    clock.set((NOW + 60) * 1000)
    assert await kv.get("k") is None
    assert names(await kv.list()) == []


async def test_expired_entries_do_not_come_back_with_the_clock(kv: Binding, clock: ManualClock) -> None:
    await kv.put("read", "v", {"expirationTtl": 60})
    await kv.put("listed", "v", {"expirationTtl": 60})
    await kv.put("untouched", "v", {"expirationTtl": 120})
    clock.set((NOW + 60) * 1000 + 1)
    assert await kv.get("read") is None
    assert names(await kv.list({"prefix": "nothing"})) == []
    clock.set(START)
    assert names(await kv.list()) == ["untouched"]


async def test_expired_entries_are_kept_by_operations_on_other_keys(kv: Binding, clock: ManualClock) -> None:
    await kv.put("k", "v", {"expirationTtl": 60})
    clock.advance(61_000)
    await kv.put("other", "v")
    await kv.delete("other")
    assert await kv.get("other") is None
    clock.set(START)
    assert await kv.get("k") == "v"


async def test_put_over_an_expired_entry_starts_anew(kv: Binding, clock: ManualClock) -> None:
    await kv.put("k", "old", {"expirationTtl": 60, "metadata": 1})
    clock.advance(100_000)
    await kv.put("k", "new")
    clock.advance(100_000)
    assert await kv.getWithMetadata("k") == {"value": "new", "metadata": None, "cacheStatus": None}


async def test_list_pages_leave_out_what_expired_between_them(kv: Binding, clock: ManualClock) -> None:
    await fill(kv, "a", "d")
    await kv.put("b", "v", {"expirationTtl": 60})
    await kv.put("c", "v", {"expirationTtl": 60})
    page = await kv.list({"limit": 2})
    assert names(page) == ["a", "b"]
    clock.advance(61_000)
    assert names(await kv.list({"cursor": page["cursor"]})) == ["d"]


async def test_list_counts_only_what_is_alive(kv: Binding, clock: ManualClock) -> None:
    await kv.put("a", "v", {"expirationTtl": 60})
    await fill(kv, "b", "c")
    clock.advance(61_000)
    page = await kv.list({"limit": 2})
    assert names(page) == ["b", "c"]
    assert page["list_complete"] is True
