"""delete: one key."""

from typing import Any

import pytest

from kvstore.javascript.values import Symbol

from .expect import BAD_KEYS, SYMBOL, fill, names, not_of_type, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio


async def test_delete_removes_the_entry(kv: Binding) -> None:
    await fill(kv, "a", "b")
    await kv.delete("a")
    assert await kv.get("a") is None
    assert names(await kv.list()) == ["b"]


async def test_delete_of_a_missing_key_succeeds(kv: Binding) -> None:
    assert await kv.delete("none") is None  # type: ignore[func-returns-value]
    await kv.put("k", "v")
    await kv.delete("none")
    assert await kv.get("k") == "v"


async def test_delete_takes_metadata_and_expiration_with_it(kv: Binding) -> None:
    await kv.put("k", "v", {"metadata": 1, "expirationTtl": 60})
    await kv.delete("k")
    await kv.put("k", "v")
    assert (await kv.list())["keys"] == [{"name": "k"}]


async def test_delete_without_arguments_is_refused(kv: Binding) -> None:
    with refusal(not_of_type("delete", 1, "string")):
        await kv.delete()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *BAD_KEYS,
        (Symbol(), SYMBOL),
        (
            "k" * 513,
            "Error: KV DELETE failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.",
        ),
        ("\ud800", "Error: KV DELETE failed: 400 Could not URL-decode key name"),
    ],
)
async def test_delete_refuses_a_bad_key(kv: Binding, key: Any, text: str) -> None:
    with refusal(text):
        await kv.delete(key)


async def test_delete_of_a_list_is_not_a_bulk_delete(kv: Binding) -> None:
    await fill(kv, "a", "b", "a,b")
    await kv.delete(["a", "b"])
    assert names(await kv.list()) == ["a", "b"]


async def test_delete_ignores_a_second_argument(kv: Binding) -> None:
    await kv.put("k", "v")
    await kv.delete("k", 5)
    assert await kv.get("k") is None


@pytest.mark.parametrize("other", ["k ", "K", "k/", "%6B", "k\0"])
async def test_delete_leaves_similar_keys(kv: Binding, other: str) -> None:
    await kv.put("k", "v")
    await kv.delete(other)
    assert await kv.get("k") == "v"
