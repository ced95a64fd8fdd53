"""getWithMetadata: one key, its value and what was stored beside it."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from kvstore import KVSyntaxError
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, JsMap

from .expect import DOT, EMPTY, MISSING, RANGE, UNKNOWN_TYPE, not_of_type, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio


async def test_get_with_metadata_of_a_missing_key_is_all_null(kv: Binding) -> None:
    assert await kv.getWithMetadata("k", "nope") == MISSING


async def test_get_with_metadata_without_arguments_is_refused(kv: Binding) -> None:
    with refusal(not_of_type("getWithMetadata", 1, "Array or string")):
        await kv.getWithMetadata()


async def test_get_with_metadata_shows_three_members_in_order(kv: Binding) -> None:
    await kv.put("k", "v", {"metadata": {"a": 1}, "expirationTtl": 60})
    found = await kv.getWithMetadata("k")
    assert list(found.items()) == [("value", "v"), ("metadata", {"a": 1}), ("cacheStatus", None)]


@pytest.mark.parametrize("value", [0, False, "", [], {}, "é🙂", 1.5, {"a": [None, {"b": True}]}])
async def test_get_with_metadata_gives_metadata_as_put(kv: Binding, value: Any) -> None:
    await kv.put("k", "v", {"metadata": value})
    assert (await kv.getWithMetadata("k"))["metadata"] == value


@pytest.mark.parametrize(
    ("put", "got"),
    [
        (None, None),
        (UNDEFINED, None),
        (math.nan, None),
        (math.inf, None),
        (-0.0, 0),
        (datetime.fromtimestamp(0, UTC), "1970-01-01T00:00:00.000Z"),
        (JsMap({1: 2}), {}),
        ({1, 2}, {}),
        (ArrayBuffer(b"ab"), {}),
        (b"ab", {"0": 97, "1": 98}),
        ([UNDEFINED, 1], [None, 1]),
        ({"a": UNDEFINED, "b": 1}, {"b": 1}),
        ({"b": 1, "10": 2, "9": 3}, {"9": 3, "10": 2, "b": 1}),
        ("\ud800", "\ud800"),
        ([lambda: 1], [None]),
        ({"f": lambda: 1}, {}),
    ],
)
async def test_get_with_metadata_gives_metadata_as_json_kept_it(kv: Binding, put: Any, got: Any) -> None:
    await kv.put("k", "v", {"metadata": put})
    found = (await kv.getWithMetadata("k"))["metadata"]
    assert found == got
    assert list(found) == list(got) if isinstance(got, dict) else True


@pytest.mark.parametrize(
    ("kind", "value"), [("text", "[1]"), ("json", [1]), ("arrayBuffer", ArrayBuffer(b"[1]"))]
)
async def test_get_with_metadata_reads_as_the_type_says(kv: Binding, kind: str, value: Any) -> None:
    await kv.put("k", "[1]")
    assert (await kv.getWithMetadata("k", kind))["value"] == value
    assert (await kv.getWithMetadata("k", {"type": kind}))["value"] == value


async def test_get_with_metadata_gives_a_stream(kv: Binding) -> None:
    await kv.put("k", "[1]")
    assert await (await kv.getWithMetadata("k", "stream"))["value"].read() == b"[1]"


async def test_get_with_metadata_of_bad_json_is_a_syntax_error(kv: Binding) -> None:
    await kv.put("k", "x", {"metadata": 1})
    with pytest.raises(KVSyntaxError):
        await kv.getWithMetadata("k", "json")


async def test_get_with_metadata_refuses_an_unknown_type_of_an_existing_key(kv: Binding) -> None:
    await kv.put("k", "v")
    with refusal(UNKNOWN_TYPE):
        await kv.getWithMetadata("k", "nope")


@pytest.mark.parametrize(("key", "text"), [("", EMPTY), (".", DOT)])
async def test_get_with_metadata_checks_keys_as_get_does(kv: Binding, key: str, text: str) -> None:
    with refusal(text):
        await kv.getWithMetadata(key)


async def test_get_with_metadata_says_get_when_it_refuses(kv: Binding) -> None:
    with refusal("Error: KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."):
        await kv.getWithMetadata("k" * 513)
    with refusal("Error: KV GET failed: 400 Could not URL-decode key name"):
        await kv.getWithMetadata("\ud800")
    with refusal("Error: KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30."):
        await kv.getWithMetadata("k", {"cacheTtl": 29})


async def test_get_with_metadata_converts_options_before_it_checks_the_key(kv: Binding) -> None:
    with refusal(RANGE):
        await kv.getWithMetadata("", {"cacheTtl": 2**31})
