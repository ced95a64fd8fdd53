"""Strict mode: cursors that production would refuse, and pages that it may leave short or empty."""

import base64
from itertools import pairwise
from typing import Any

import pytest

from kvstore import KVNamespace, ManualClock, SeededEntropy, SqliteStore, StrictNamespace
from kvstore.javascript.values import UNDEFINED

from .conformance.expect import fill, names, refusal

pytestmark = pytest.mark.anyio

INVALID = "Error: KV GET failed: 400 invalid cursor"
KEYS = [f"{number:03}" for number in range(100)]


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore.in_memory(ManualClock())


@pytest.fixture
def kv(store: SqliteStore) -> StrictNamespace:
    return StrictNamespace(store, SeededEntropy(1))


async def pages(kv: KVNamespace, **options: Any) -> list[dict[str, Any]]:
    """All pages, to the end."""
    found = [await kv.list(options)]
    while not found[-1]["list_complete"]:
        found.append(await kv.list(options | {"cursor": found[-1]["cursor"]}))
    return found


async def some_cursor(kv: KVNamespace, **options: Any) -> str:
    page: dict[str, Any] = {}
    while "cursor" not in page:
        page = await kv.list({"limit": 5} | options)
    return str(page["cursor"])


@pytest.mark.parametrize(
    "cursor", ["", "MDAx", "x", "é", "\ud800", "=", 5, base64.b64encode(b"001" * 20).decode()]
)
async def test_list_refuses_a_cursor_that_it_did_not_issue(kv: StrictNamespace, cursor: Any) -> None:
    await fill(kv, *KEYS)
    with refusal(INVALID):
        await kv.list({"cursor": cursor})


@pytest.mark.parametrize("cursor", [None, UNDEFINED])
async def test_list_starts_without_a_cursor(kv: StrictNamespace, cursor: Any) -> None:
    assert (await kv.list({"cursor": cursor}))["keys"] == []


async def test_list_refuses_a_cursor_of_another_prefix(kv: StrictNamespace) -> None:
    await fill(kv, *KEYS)
    cursor = await some_cursor(kv, prefix="0")
    with refusal(INVALID):
        await kv.list({"prefix": "00", "cursor": cursor})
    with refusal(INVALID):
        await kv.list({"cursor": cursor})


async def test_list_refuses_a_cursor_of_another_namespace(kv: StrictNamespace, store: SqliteStore) -> None:
    await fill(kv, *KEYS)
    other = StrictNamespace(store, SeededEntropy(2))
    with refusal(INVALID):
        await kv.list({"cursor": await some_cursor(other)})


async def test_list_refuses_a_cursor_that_was_changed(kv: StrictNamespace) -> None:
    await fill(kv, *KEYS)
    cursor = await some_cursor(kv)
    with refusal(INVALID):
        await kv.list({"cursor": cursor[:-4] + ("AAAA" if cursor[-4:] != "AAAA" else "BBBB")})


async def test_list_cursor_does_not_show_its_key(kv: StrictNamespace) -> None:
    await fill(kv, *(f"secret-{key}" for key in KEYS))
    assert b"secret" not in base64.urlsafe_b64decode(await some_cursor(kv))


async def test_list_takes_its_cursor_with_another_limit(kv: StrictNamespace) -> None:
    await fill(kv, *KEYS)
    cursor = await some_cursor(kv)
    await kv.list({"limit": 1, "cursor": cursor})


async def test_list_checks_limit_and_prefix_before_the_cursor(kv: StrictNamespace) -> None:
    with refusal(
        "Error: KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000."
    ):
        await kv.list({"limit": 1001, "cursor": "x"})
    with refusal("Error: KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."):
        await kv.list({"prefix": "a" * 513, "cursor": "x"})


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
async def test_list_returns_every_key_exactly_once(store: SqliteStore, seed: int, limit: int) -> None:
    kv = StrictNamespace(store, SeededEntropy(seed))
    await fill(kv, *KEYS)
    found = await pages(kv, limit=limit)
    assert [name for page in found for name in names(page)] == KEYS
    assert all(len(page["keys"]) <= limit for page in found)


async def test_list_has_short_empty_and_full_pages(kv: StrictNamespace) -> None:
    await fill(kv, *KEYS)
    walks = [[len(page["keys"]) for page in await pages(kv, limit=7)] for _ in range(5)]
    assert {0, 7} < {size for sizes in walks for size in sizes[:-1]}
    assert not any((0, 0) in pairwise(sizes) for sizes in walks)


async def test_list_may_be_empty_and_not_complete_with_nothing_there(store: SqliteStore) -> None:
    first = [await StrictNamespace(store, SeededEntropy(seed)).list() for seed in range(40)]
    assert {page["list_complete"] for page in first} == {True, False}
    assert all(page["keys"] == [] for page in first)


async def test_list_returns_what_stays_while_other_keys_come_and_go(kv: StrictNamespace) -> None:
    await fill(kv, *KEYS)
    found: list[str] = []
    page = await kv.list({"limit": 9})
    while True:
        found += names(page)
        if page["list_complete"]:
            break
        if found and found[-1] in KEYS[::2]:
            await kv.delete(found[-1])
            await kv.put(found[-1] + "new", "v")
        page = await kv.list({"limit": 9, "cursor": page["cursor"]})
    assert len(set(found)) == len(found)
    assert set(KEYS) <= set(found)


async def test_same_seed_gives_the_same_pages(store: SqliteStore) -> None:
    await fill(KVNamespace(store), *KEYS)
    one = await pages(StrictNamespace(store, SeededEntropy(3)), limit=9)
    other = await pages(StrictNamespace(store, SeededEntropy(3)), limit=9)
    assert one == other


async def test_everything_else_is_as_without(kv: StrictNamespace) -> None:
    await kv.put("k", "v", {"metadata": 1})
    assert await kv.getWithMetadata("k") == {"value": "v", "metadata": 1, "cacheStatus": None}
    await kv.delete("k")
    assert await kv.get(["k"]) == {"k": None}
