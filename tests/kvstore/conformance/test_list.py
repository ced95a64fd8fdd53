"""list: order, prefixes, limits, cursors."""

import base64
import math
from typing import Any

import pytest

from kvstore.javascript.values import UNDEFINED, BigInt, JsMap, Symbol

from .expect import BIGINT, RANGE, SYMBOL, fill, names, not_of_type, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio


def too_many(limit: int) -> str:
    return (
        f"Error: KV GET failed: 400 Invalid key_count_limit of {limit}. "
        "Please specify an integer less than 1000."
    )


def cursor_at(key: str | bytes) -> str:
    return base64.b64encode(key.encode() if isinstance(key, str) else key).decode()


async def test_list_of_nothing_is_complete(kv: Binding) -> None:
    page = await kv.list()
    assert list(page.items()) == [("keys", []), ("list_complete", True), ("cacheStatus", None)]


async def test_list_shows_its_members_in_order(kv: Binding) -> None:
    await fill(kv, "a", "b")
    page = await kv.list({"limit": 1})
    assert list(page) == ["keys", "list_complete", "cursor", "cacheStatus"]
    assert page["list_complete"] is False


async def test_list_shows_expiration_and_metadata_where_they_are_set(kv: Binding) -> None:
    await kv.put("a", "v", {"metadata": {"m": 1}, "expiration": 2_147_483_647})
    await kv.put("b", "v")
    await kv.put("c", "v", {"metadata": None})
    keys = (await kv.list())["keys"]
    assert [list(key.items()) for key in keys] == [
        [("name", "a"), ("expiration", 2_147_483_647), ("metadata", {"m": 1})],
        [("name", "b")],
        [("name", "c")],
    ]


@pytest.mark.parametrize("metadata", [0, False, ""])
async def test_list_shows_falsy_metadata(kv: Binding, metadata: Any) -> None:
    await kv.put("a", "v", {"metadata": metadata})
    assert (await kv.list())["keys"] == [{"name": "a", "metadata": metadata}]


async def test_list_orders_by_code_point(kv: Binding) -> None:
    ordered = ["\x01", " ", "A", "Z", "a", "a\x01", "aa", "é", "\ud7ff", "\ue000", "\ufffd", "\U0001f600"]
    await fill(kv, *reversed(ordered))
    assert names(await kv.list()) == ordered


@pytest.mark.parametrize("options", [5, "a", True, BigInt(1), Symbol()])
async def test_list_refuses_options_that_are_no_object(kv: Binding, options: Any) -> None:
    with refusal(not_of_type("list", 1, "ListOptions")):
        await kv.list(options)


@pytest.mark.parametrize("options", [None, UNDEFINED, {}, [], JsMap({"limit": 1}), {"nope": 1}])
async def test_list_ignores_options_without_known_members(kv: Binding, options: Any) -> None:
    await fill(kv, "a", "b")
    assert names(await kv.list(options)) == ["a", "b"]


@pytest.mark.parametrize("limit", [1, 1.9, "1", True, [1], "0x1"])
async def test_list_converts_its_limit(kv: Binding, limit: Any) -> None:
    await fill(kv, "a", "b")
    assert names(await kv.list({"limit": limit})) == ["a"]


@pytest.mark.parametrize("limit", [0, -1, -(2**31), None, UNDEFINED, math.nan, math.inf, "x", 0.9, 1000])
async def test_list_takes_no_limit_for_1000(kv: Binding, limit: Any) -> None:
    await fill(kv, "a", "b")
    page = await kv.list({"limit": limit})
    assert names(page) == ["a", "b"]
    assert page["list_complete"] is True


@pytest.mark.parametrize("limit", [1001, 2**31 - 1])
async def test_list_refuses_a_limit_beyond_1000(kv: Binding, limit: int) -> None:
    with refusal(too_many(limit)):
        await kv.list({"limit": limit})


@pytest.mark.parametrize(("limit", "text"), [(2**31, RANGE), (BigInt(1), BIGINT)])
async def test_list_refuses_a_limit_that_is_no_int32(kv: Binding, limit: Any, text: str) -> None:
    with refusal(text):
        await kv.list({"limit": limit})


async def test_list_is_complete_when_the_last_key_fills_the_page(kv: Binding) -> None:
    await fill(kv, "a", "b")
    page = await kv.list({"limit": 2})
    assert page["list_complete"] is True
    assert "cursor" not in page


@pytest.mark.parametrize("prefix", [None, UNDEFINED, ""])
async def test_list_without_a_prefix_shows_all(kv: Binding, prefix: Any) -> None:
    await fill(kv, "a", "b")
    assert names(await kv.list({"prefix": prefix})) == ["a", "b"]


@pytest.mark.parametrize("prefix", ["a%", "a_", "a*", "a[", "A", "a.", "."])
async def test_list_takes_a_prefix_literally(kv: Binding, prefix: str) -> None:
    await fill(kv, "a", "ab", "abc", "a%x", "a_x", "a*x", "a[x]", "Ab", "a.b", "..x")
    found = names(await kv.list({"prefix": prefix}))
    assert len(found) == 1
    assert found[0].startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "name"), [(5, "5x"), (True, "truex"), (["a", "b"], "a,bx"), ({}, "[object Object]x")]
)
async def test_list_converts_its_prefix_to_text(kv: Binding, prefix: Any, name: str) -> None:
    await fill(kv, name, "zzz")
    assert names(await kv.list({"prefix": prefix})) == [name]


@pytest.mark.parametrize("member", ["prefix", "cursor"])
async def test_list_refuses_a_symbol(kv: Binding, member: str) -> None:
    with refusal(SYMBOL):
        await kv.list({member: Symbol()})


@pytest.mark.parametrize("prefix", ["\ud7ff", "\U0010ffff", "a\U0010ffff", "z\x7f"])
async def test_list_bounds_a_prefix_at_the_edges_of_unicode(kv: Binding, prefix: str) -> None:
    await fill(kv, "a", "b", prefix, prefix + "\U0010ffff", "\ue000", "z\x80")
    assert names(await kv.list({"prefix": prefix})) == [prefix, prefix + "\U0010ffff"]


async def test_list_reads_a_lone_surrogate_in_a_prefix_as_three_replacements(kv: Binding) -> None:
    await fill(kv, "a", "\ufffdx", "\ufffd\ufffd\ufffdy")
    assert names(await kv.list({"prefix": "\ud800"})) == ["\ufffd\ufffd\ufffdy"]


async def test_list_counts_a_lone_surrogate_in_a_prefix_as_nine_bytes(kv: Binding) -> None:
    await kv.list({"prefix": "\ud800" * 56})
    with refusal("Error: KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."):
        await kv.list({"prefix": "\ud800" * 57})


async def test_list_finds_nothing_under_a_prefix_with_nul(kv: Binding) -> None:
    await fill(kv, "a", "a\0b")
    assert names(await kv.list({"prefix": "a\0"})) == []
    assert names(await kv.list({"prefix": "a"})) == ["a", "a\0b"]


async def test_list_takes_a_prefix_of_512_bytes(kv: Binding) -> None:
    await fill(kv, "é" * 256)
    assert names(await kv.list({"prefix": "é" * 256})) == ["é" * 256]


async def test_list_refuses_a_prefix_of_513_bytes(kv: Binding) -> None:
    with refusal("Error: KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."):
        await kv.list({"prefix": "é" * 256 + "a"})


async def test_list_checks_its_limit_before_its_prefix(kv: Binding) -> None:
    with refusal(too_many(1001)):
        await kv.list({"limit": 1001, "prefix": "a" * 513})


async def test_list_converts_its_limit_before_it_checks_anything(kv: Binding) -> None:
    with refusal(RANGE):
        await kv.list({"limit": 2**31, "prefix": "a" * 513})


async def test_list_follows_cursors_to_the_end(kv: Binding) -> None:
    expected = [f"k{number}" for number in range(7)]
    await fill(kv, *expected)
    found: list[str] = []
    page: dict[str, Any] = {"list_complete": False}
    while not page["list_complete"]:
        page = await kv.list({"limit": 3, "cursor": page.get("cursor")})
        found += names(page)
    assert found == expected


async def test_list_goes_on_after_its_cursor_was_deleted(kv: Binding) -> None:
    await fill(kv, "a", "b", "c")
    page = await kv.list({"limit": 2})
    await kv.delete("b")
    assert names(await kv.list({"cursor": page["cursor"]})) == ["c"]


async def test_list_shows_keys_put_behind_its_cursor_only(kv: Binding) -> None:
    await fill(kv, "b", "d")
    page = await kv.list({"limit": 1})
    await fill(kv, "a", "c")
    assert names(await kv.list({"cursor": page["cursor"]})) == ["c", "d"]


async def test_list_takes_a_cursor_with_another_prefix_and_limit(kv: Binding) -> None:
    await fill(kv, "a1", "a2", "b1", "b2")
    page = await kv.list({"prefix": "a", "limit": 1})
    assert names(await kv.list({"prefix": "b", "cursor": page["cursor"]})) == ["b1", "b2"]
    assert names(await kv.list({"cursor": page["cursor"]})) == ["a2", "b1", "b2"]


async def test_list_cursor_names_the_last_key(kv: Binding) -> None:
    await fill(kv, "é/🙂", "🙂")
    assert (await kv.list({"limit": 1}))["cursor"] == cursor_at("é/🙂")


@pytest.mark.parametrize("cursor", [None, UNDEFINED, ""])
async def test_list_begins_where_there_is_no_cursor(kv: Binding, cursor: Any) -> None:
    await fill(kv, "a", "b")
    assert names(await kv.list({"cursor": cursor})) == ["a", "b"]


@pytest.mark.parametrize(
    ("cursor", "after"),
    [
        ("YmI=", "bb"),
        ("YmI", "bb"),
        (" Y m\nI= ", "bb"),
        ("YmI=YmI=", "bb"),
        ("Y!m?I", "bb"),
        ("YmIx5", "bb1"),
        ("4p-_", "⟿"),
        ("4p+/", "⟿"),
        ("/w==", "\ufffd"),
        ("YmL/", "bb\ufffd"),
        ("!!!", ""),
        ("=", ""),
        ("Y", ""),
    ],
)
async def test_list_takes_any_text_for_a_cursor(kv: Binding, cursor: str, after: str) -> None:
    every = sorted(["a", "bb", "bb1", "bc", "⟿", "⟿a", "\ufffc", "\ufffd", "\U0001f600", "bb\ufffd"])
    await fill(kv, *every)
    assert names(await kv.list({"cursor": cursor})) == [name for name in every if name > after]


async def test_list_keeps_a_byte_order_mark_in_its_cursor(kv: Binding) -> None:
    await fill(kv, "\ufeffa", "\ufeffb")
    page = await kv.list({"limit": 1})
    assert names(await kv.list({"cursor": page["cursor"]})) == ["\ufeffb"]


async def test_list_keeps_a_nul_in_its_cursor(kv: Binding) -> None:
    await fill(kv, "a\0a", "a\0b")
    page = await kv.list({"limit": 1})
    assert names(await kv.list({"cursor": page["cursor"]})) == ["a\0b"]


async def test_list_has_1000_keys_on_a_page(kv: Binding) -> None:
    await fill(kv, *(f"{number:04}" for number in range(1001)))
    page = await kv.list()
    assert len(page["keys"]) == 1000
    assert page["list_complete"] is False
    assert names(await kv.list({"cursor": page["cursor"]})) == ["1000"]
