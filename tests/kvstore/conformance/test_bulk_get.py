"""get and getWithMetadata: many keys at once."""

from typing import Any

import pytest

from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, JsMap, Symbol

from .expect import BIGINT, RANGE, SYMBOL, fill, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio

HALF = 26_214_400 // 2
EMPTY_KEY = "Error: KV GET_BULK failed: 400 Key names must not be empty"
NOT_JSON = "Error: KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value"
TOO_LARGE = "Error: KV GET_BULK failed: 413 Total size of request exceeds the limit of 25MB"


def too_short(ttl: int) -> str:
    return f"Error: KV GET_BULK failed: 400 Invalid cache_ttl of {ttl}. Cache TTL must be at least 30."


async def test_bulk_get_answers_in_request_order_once_each(kv: Binding) -> None:
    await fill(kv, "a", "b")
    found = await kv.get(["b", "none", "a", "b"])
    assert isinstance(found, JsMap)
    assert list(found.items()) == [("b", "v"), ("none", None), ("a", "v")]


async def test_bulk_get_with_metadata_wraps_what_exists(kv: Binding) -> None:
    await kv.put("a", "1", {"metadata": {"m": 1}})
    await kv.put("b", "2")
    found = await kv.getWithMetadata(["a", "b", "none"])
    assert found == {
        "a": {"value": "1", "metadata": {"m": 1}},
        "b": {"value": "2", "metadata": None},
        "none": None,
    }
    assert list(found["a"]) == ["value", "metadata"]


@pytest.mark.parametrize("kind", [None, UNDEFINED, {}, "", "text", {"type": ""}, [], {"type": UNDEFINED}])
async def test_bulk_get_reads_text_by_default(kv: Binding, kind: Any) -> None:
    await kv.put("a", "1")
    assert await kv.get(["a"], kind) == {"a": "1"}


async def test_bulk_get_text_drops_one_byte_order_mark(kv: Binding) -> None:
    await kv.put("a", b"\xef\xbb\xbf\xef\xbb\xbfx\xff")
    assert await kv.get(["a"]) == {"a": "\ufeffx\ufffd"}


async def test_bulk_get_json_takes_a_byte_order_mark(kv: Binding) -> None:
    await kv.put("a", b"\xef\xbb\xbf[1]")
    assert await kv.get(["a"], "json") == {"a": [1]}


async def test_bulk_get_json_reads_every_value(kv: Binding) -> None:
    await kv.put("a", '{"x":[1]}')
    await kv.put("b", "2")
    assert await kv.get(["a", "b", "none"], {"type": "json"}) == {"a": {"x": [1]}, "b": 2, "none": None}


@pytest.mark.parametrize("text", ["x", "", "{", "\x0b1"])
async def test_bulk_get_json_refuses_one_value_that_is_none(kv: Binding, text: str) -> None:
    await kv.put("a", "1")
    await kv.put("b", text)
    with refusal(NOT_JSON):
        await kv.get(["a", "b"], "json")


@pytest.mark.parametrize("kind", ["stream", "arrayBuffer", "TEXT", "null", "nope", "é", "x" * 600])
async def test_bulk_get_refuses_other_types(kv: Binding, kind: str) -> None:
    with refusal(f'Error: KV GET_BULK failed: 400 "{kind}" is not a valid type. Use "json" or "text"'):
        await kv.get(["a"], kind)


@pytest.mark.parametrize("kind", ["a\nb", "\0", "\t", "\x1f"])
async def test_bulk_get_breaks_on_a_type_with_control_characters(kv: Binding, kind: str) -> None:
    with refusal("Error: KV GET_BULK failed: 500 Internal Server Error"):
        await kv.get(["a"], kind)


async def test_bulk_get_shows_a_lone_surrogate_in_a_type_as_three_replacements(kv: Binding) -> None:
    with refusal(
        'Error: KV GET_BULK failed: 400 "\ufffd\ufffd\ufffd" is not a valid type. Use "json" or "text"'
    ):
        await kv.get(["a"], "\ud800")


async def test_bulk_get_reads_a_lone_surrogate_in_a_key_as_three_replacements(kv: Binding) -> None:
    await fill(kv, "a\ufffd\ufffd\ufffd")
    assert await kv.get(["a\ud800"]) == {"a\ufffd\ufffd\ufffd": "v"}


async def test_bulk_get_takes_100_keys(kv: Binding) -> None:
    assert len(await kv.get([f"k{number}" for number in range(100)])) == 100


async def test_bulk_get_refuses_101_keys_though_they_are_one(kv: Binding) -> None:
    with refusal("Error: KV GET_BULK failed: 400 You can request a maximum of 100 keys"):
        await kv.get(["k"] * 101)


async def test_bulk_get_refuses_no_keys(kv: Binding) -> None:
    with refusal("Error: KV GET_BULK failed: 400 You must request a minimum of 1 key"):
        await kv.get([])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("", EMPTY_KEY),
        (".", 'Error: KV GET_BULK failed: 400 Illegal key name ".". Please use a different name.'),
        ("..", 'Error: KV GET_BULK failed: 400 Illegal key name "..". Please use a different name.'),
        (
            "é" * 257,
            "Error: KV GET_BULK failed: 414 UTF-8 encoded length of 514 exceeds key length limit of 512.",
        ),
    ],
)
async def test_bulk_get_refuses_a_bad_key(kv: Binding, key: str, text: str) -> None:
    with refusal(text):
        await kv.get(["a", key])


async def test_bulk_get_takes_a_key_of_512_bytes(kv: Binding) -> None:
    await kv.put("é" * 256, "v")
    assert await kv.get(["é" * 256]) == {"é" * 256: "v"}


async def test_bulk_get_converts_keys_to_text(kv: Binding) -> None:
    await fill(kv, "null", "true", "a,b")
    assert await kv.get([None, True, ["a", "b"]]) == {"null": "v", "true": "v", "a,b": "v"}


async def test_bulk_get_refuses_a_symbol_as_key(kv: Binding) -> None:
    with refusal(SYMBOL):
        await kv.get(["a", Symbol()])


@pytest.mark.parametrize("keys", [{"a"}, JsMap({"a": 1}), {"0": "a"}, "a", ArrayBuffer(b"a")])
async def test_bulk_get_is_chosen_by_a_list_only(kv: Binding, keys: Any) -> None:
    assert await kv.get(keys) is None


async def test_bulk_get_loses_keys_that_look_like_indices(kv: Binding) -> None:
    await fill(kv, "0", "42", "01", "4294967294", "4294967295", "__proto__", "-1", "1.5")
    found = await kv.get(["0", "42", "01", "4294967294", "4294967295", "__proto__", "-1", "1.5"])
    assert list(found) == ["01", "4294967295", "-1", "1.5"]


async def test_bulk_get_checks_types_before_the_number_of_keys(kv: Binding) -> None:
    with refusal('Error: KV GET_BULK failed: 400 "nope" is not a valid type. Use "json" or "text"'):
        await kv.get([], "nope")


async def test_bulk_get_counts_keys_before_it_looks_at_them(kv: Binding) -> None:
    with refusal("Error: KV GET_BULK failed: 400 You can request a maximum of 100 keys"):
        await kv.get([""] * 101, {"cacheTtl": 1})


async def test_bulk_get_counts_keys_before_it_looks_at_the_cache_ttl(kv: Binding) -> None:
    with refusal("Error: KV GET_BULK failed: 400 You must request a minimum of 1 key"):
        await kv.get([], {"cacheTtl": 1})


async def test_bulk_get_checks_a_key_before_the_cache_ttl(kv: Binding) -> None:
    with refusal(EMPTY_KEY):
        await kv.get([""], {"cacheTtl": 1})


async def test_bulk_get_checks_the_cache_ttl_of_the_first_key_before_the_second(kv: Binding) -> None:
    with refusal(too_short(29)):
        await kv.get(["a", ""], {"cacheTtl": 29})


async def test_bulk_get_reads_the_first_key_before_it_checks_the_second(kv: Binding) -> None:
    await kv.put("a", "no json")
    with refusal(NOT_JSON):
        await kv.get(["a", ""], "json")


async def test_bulk_get_names_the_first_bad_key(kv: Binding) -> None:
    with refusal('Error: KV GET_BULK failed: 400 Illegal key name ".". Please use a different name.'):
        await kv.get([".", ""])


@pytest.mark.parametrize("ttl", [30, "30", 30.5])
async def test_bulk_get_takes_a_cache_ttl_from_30(kv: Binding, ttl: Any) -> None:
    assert await kv.get(["a"], {"cacheTtl": ttl}) == {"a": None}


@pytest.mark.parametrize(("ttl", "shown"), [(29, 29), (None, 0), ("x", 0), (-5, -5)])
async def test_bulk_get_refuses_a_shorter_cache_ttl(kv: Binding, ttl: Any, shown: int) -> None:
    with refusal(too_short(shown)):
        await kv.getWithMetadata(["a"], {"cacheTtl": ttl})


@pytest.mark.parametrize(("ttl", "text"), [(2**31, RANGE), (BigInt(60), BIGINT)])
async def test_bulk_get_converts_the_cache_ttl_first(kv: Binding, ttl: Any, text: str) -> None:
    with refusal(text):
        await kv.get([], {"cacheTtl": ttl, "type": "nope"})


@pytest.mark.parametrize("text", ['""', "0", "false"])
async def test_bulk_get_with_metadata_wraps_falsy_json(kv: Binding, text: str) -> None:
    await kv.put("a", text, {"metadata": 1})
    found = await kv.getWithMetadata(["a"], "json")
    assert found["a"]["metadata"] == 1


async def test_bulk_get_with_metadata_gives_json_null_bare(kv: Binding) -> None:
    await kv.put("a", "null", {"metadata": 1})
    assert await kv.getWithMetadata(["a"], "json") == {"a": None}


async def test_bulk_get_takes_25_mib_in_all(kv: Binding) -> None:
    await kv.put("a", bytes(HALF))
    found = await kv.get(["a", "a"])
    assert len(found["a"]) == HALF


async def test_bulk_get_refuses_one_unit_more(kv: Binding) -> None:
    await kv.put("a", bytes(HALF))
    await kv.put("b", "é")
    with refusal(TOO_LARGE):
        await kv.get(["a", "b", "a"])
