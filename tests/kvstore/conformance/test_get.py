"""get: one key."""

import math
from typing import Any

import pytest

from kvstore import KVSyntaxError, ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, JsMap, Symbol

from .expect import BAD_KEYS, BIGINT, EMPTY, RANGE, SYMBOL, UNKNOWN_TYPE, not_of_type, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio


def too_short(ttl: int) -> str:
    return f"Error: KV GET failed: 400 Invalid cache_ttl of {ttl}. Cache TTL must be at least 30."


async def test_get_gives_none_for_a_missing_key(kv: Binding) -> None:
    assert await kv.get("k") is None


async def test_get_without_arguments_is_refused(kv: Binding) -> None:
    with refusal(not_of_type("get", 1, "string or Array")):
        await kv.get()


@pytest.mark.parametrize(("key", "text"), BAD_KEYS)
async def test_get_refuses_a_key_that_no_path_can_hold(kv: Binding, key: str, text: str) -> None:
    with refusal(text):
        await kv.get(key)


@pytest.mark.parametrize("key", ["k" * 512, "é" * 256, "€" * 170 + "ab", "🙂" * 128])
async def test_get_takes_a_key_of_512_bytes(kv: Binding, key: str) -> None:
    await kv.put(key, "v")
    assert await kv.get(key) == "v"


@pytest.mark.parametrize("key", ["k" * 513, "é" * 256 + "k", "€" * 171, "🙂" * 128 + "k"])
async def test_get_refuses_a_key_of_513_bytes(kv: Binding, key: str) -> None:
    with refusal("Error: KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."):
        await kv.get(key)


async def test_get_refuses_a_lone_surrogate(kv: Binding) -> None:
    with refusal("Error: KV GET failed: 400 Could not URL-decode key name"):
        await kv.get("a\ud800b")


async def test_get_reads_a_surrogate_pair_as_its_character(kv: Binding) -> None:
    await kv.put("🙂", "v")
    assert await kv.get("\ud83d\ude42") == "v"


@pytest.mark.parametrize(
    "key", ["%41", "a%2Fb", "/", "//", "?", "#x", " ", "...", "./x", "a\0b", "\n", "\x7f"]
)
async def test_get_takes_a_key_literally(kv: Binding, key: str) -> None:
    await kv.put(key, "v")
    assert await kv.get(key) == "v"
    assert [entry["name"] for entry in (await kv.list())["keys"]] == [key]


@pytest.mark.parametrize(
    ("one", "other"), [("A", "%41"), ("a", "A"), ("é", "e\u0301"), ("a", "a "), ("a", "a/")]
)
async def test_get_tells_similar_keys_apart(kv: Binding, one: str, other: str) -> None:
    await kv.put(one, "v")
    assert await kv.get(other) is None


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (123, "123"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (-0.0, "0"),
        (math.nan, "NaN"),
        (None, "null"),
        (UNDEFINED, "undefined"),
        (True, "true"),
        ({}, "[object Object]"),
        (JsMap(), "[object Map]"),
        (b"ab", "97,98"),
        (ArrayBuffer(b"ab"), "[object ArrayBuffer]"),
        (BigInt(10), "10"),
        (2**53, "9007199254740992"),
    ],
)
async def test_get_converts_a_key_to_text(kv: Binding, key: Any, name: str) -> None:
    await kv.put(name, "v")
    assert await kv.get(key) == "v"


async def test_get_refuses_a_symbol_as_key(kv: Binding) -> None:
    with refusal(SYMBOL):
        await kv.get(Symbol("k"))


@pytest.mark.parametrize(
    "options", [None, UNDEFINED, {}, {"type": UNDEFINED}, JsMap(), [], {"nope": 1}, "text"]
)
async def test_get_reads_text_by_default(kv: Binding, options: Any) -> None:
    await kv.put("k", "é")
    assert await kv.get("k", options) == "é"


async def test_get_text_replaces_what_is_no_utf8(kv: Binding) -> None:
    await kv.put("k", b"a\xff\xed\xa0\x80\xc3b")
    assert await kv.get("k") == "a\ufffd\ufffd\ufffd\ufffd\ufffdb"


async def test_get_text_keeps_a_byte_order_mark(kv: Binding) -> None:
    await kv.put("k", b"\xef\xbb\xbfx")
    assert await kv.get("k") == "\ufeffx"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("0", 0),
        ('""', ""),
        ("-0", 0),
        ("1e400", math.inf),
        ("9007199254740993", 2.0**53),
        ("1" + "0" * 400, math.inf),
        ('{"b":1,"2":2,"1":1}', {"1": 1, "2": 2, "b": 1}),
        ('{"a":1,"a":2}', {"a": 2}),
        ('{"__proto__":1}', {"__proto__": 1}),
        (' \t\r\n[1, {"a": [null, true, "\\u00e9"]}]\n', [1, {"a": [None, True, "é"]}]),
        ('"\\ud83d\\ude42"', "🙂"),
        ('"\\ud800"', "\ud800"),
    ],
)
async def test_get_json_reads_as_javascript_does(kv: Binding, text: str, value: Any) -> None:
    await kv.put("k", text)
    found = await kv.get("k", "json")
    assert found == value
    assert list(found) == list(value) if isinstance(value, dict) else True


@pytest.mark.parametrize(
    "text", ["", " ", "{", "NaN", "'a'", "01", "1.", "[1,]", "\ufeff1", "nul", "\x0b1", '"\n"']
)
async def test_get_json_of_something_else_is_a_syntax_error(kv: Binding, text: str) -> None:
    await kv.put("k", text)
    with pytest.raises(KVSyntaxError):
        await kv.get("k", "json")


async def test_get_json_of_an_empty_value_names_the_end(kv: Binding) -> None:
    await kv.put("k", "")
    with refusal("SyntaxError: Unexpected end of JSON input"):
        await kv.get("k", "json")


@pytest.mark.parametrize("content", [b"", b"\0\xff\xfe"])
async def test_get_gives_bytes_unchanged(kv: Binding, content: bytes) -> None:
    await kv.put("k", content)
    buffer = await kv.get("k", "arrayBuffer")
    assert isinstance(buffer, ArrayBuffer)
    assert buffer == content
    stream = await kv.get("k", {"type": "stream"})
    assert isinstance(stream, ReadableStream)
    assert await stream.read() == content


@pytest.mark.parametrize("kind", ["", "TEXT", "arraybuffer", "null", 5, True, {"type": None}, {"type": ""}])
async def test_get_refuses_an_unknown_type_of_an_existing_key_only(kv: Binding, kind: Any) -> None:
    assert await kv.get("k", kind) is None
    await kv.put("k", "v")
    with refusal(UNKNOWN_TYPE):
        await kv.get("k", kind)


@pytest.mark.parametrize("ttl", [30, 30.9, 60, "30", "0x1e", [30], 2**31 - 1, UNDEFINED])
async def test_get_takes_a_cache_ttl_from_30(kv: Binding, ttl: Any) -> None:
    await kv.put("k", "v")
    assert await kv.get("k", {"cacheTtl": ttl}) == "v"


@pytest.mark.parametrize(
    ("ttl", "shown"),
    [
        (29, 29),
        (29.9, 29),
        (0, 0),
        (-1, -1),
        (-0.5, 0),
        (None, 0),
        (True, 1),
        ("x", 0),
        ("", 0),
        ({}, 0),
        ([], 0),
        ([1, 2], 0),
        (math.nan, 0),
        (math.inf, 0),
        (-math.inf, 0),
        ("12px", 0),
        (" 12 ", 12),
        ("1e1", 10),
        ("\ufeff12\u00a0", 12),
        ("12\x1f", 0),
        ("12\x85", 0),
        ("0x\u0661", 0),
        ("+0x40", 0),
        ("0x" + "f" * 400, 0),
        ("9" * 400, 0),
        ("1_0", 0),
        ("\u0661\u0662", 0),
        (-(2**31), -(2**31)),
    ],
)
async def test_get_refuses_a_shorter_cache_ttl(kv: Binding, ttl: Any, shown: int) -> None:
    with refusal(too_short(shown)):
        await kv.get("k", {"cacheTtl": ttl})


@pytest.mark.parametrize("ttl", [2**31, 2147483647.9, -(2**31) - 1, -2147483648.9, 1e300, "4294967296"])
async def test_get_refuses_a_cache_ttl_beyond_32_bits(kv: Binding, ttl: Any) -> None:
    with refusal(RANGE):
        await kv.get("k", {"cacheTtl": ttl})


@pytest.mark.parametrize("ttl", [BigInt(60), 2**53])
async def test_get_refuses_a_bigint_as_cache_ttl(kv: Binding, ttl: int) -> None:
    with refusal(BIGINT):
        await kv.get("k", {"cacheTtl": ttl})


async def test_get_converts_options_before_it_checks_the_key(kv: Binding) -> None:
    with refusal(RANGE):
        await kv.get("", {"cacheTtl": 2**31})


async def test_get_checks_the_key_before_the_cache_ttl(kv: Binding) -> None:
    with refusal(EMPTY):
        await kv.get("", {"cacheTtl": 1})


async def test_get_checks_for_surrogates_before_the_cache_ttl(kv: Binding) -> None:
    with refusal("Error: KV GET failed: 400 Could not URL-decode key name"):
        await kv.get("\udfff", {"cacheTtl": 1})


async def test_get_measures_a_key_before_it_looks_for_surrogates(kv: Binding) -> None:
    with refusal("Error: KV GET failed: 414 UTF-8 encoded length of 515 exceeds key length limit of 512."):
        await kv.get("k" * 512 + "\ud800")


async def test_get_checks_the_cache_ttl_before_the_type(kv: Binding) -> None:
    await kv.put("k", "v")
    with refusal(too_short(1)):
        await kv.get("k", {"cacheTtl": 1, "type": "nope"})


async def test_get_refuses_a_symbol_as_type_of_a_missing_key_too(kv: Binding) -> None:
    with refusal(SYMBOL):
        await kv.get("k", Symbol())


async def test_get_ignores_a_third_argument(kv: Binding) -> None:
    await kv.put("k", "v")
    assert await kv.get("k", "text", {"cacheTtl": 1}) == "v"
