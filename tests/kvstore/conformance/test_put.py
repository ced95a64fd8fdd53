"""put: values, metadata, limits, and the order in which they are checked. Expirations: test_expiry.py."""

import math
from array import array
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kvstore import KVError, KVTypeError, ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, JsMap, Symbol

from .expect import BAD_KEYS, BIGINT, EMPTY, RANGE, SYMBOL, fill, names, not_of_type, refusal
from .ways import Binding

pytestmark = pytest.mark.anyio

LIMIT = 26_214_400
BAD_VALUE = (
    "TypeError: KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values."
)
BAD_TTL = "Error: KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0."
UNDECODABLE = "Error: KV PUT failed: 400 Could not URL-decode key name"


def too_long(size: int) -> str:
    return f"Error: KV PUT failed: 413 Value length of {size} exceeds limit of 26214400."


def too_much(size: int) -> str:
    return f"Error: KV PUT failed: 413 Metadata length of {size} exceeds limit of 1024."


def circle() -> dict[str, Any]:
    outer: dict[str, Any] = {}
    outer["c"] = outer
    return outer


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), not_of_type("put", 1, "string")),
        (("k", "v", 5), not_of_type("put", 3, "PutOptions")),
        (("k", "v", "text"), not_of_type("put", 3, "PutOptions")),
        (("k", "v", True), not_of_type("put", 3, "PutOptions")),
        (("k", "v", Symbol()), not_of_type("put", 3, "PutOptions")),
        (("", "v", 5), not_of_type("put", 3, "PutOptions")),
    ],
)
async def test_put_refuses_arguments_of_other_types(
    kv: Binding, arguments: tuple[Any, ...], text: str
) -> None:
    with refusal(text):
        await kv.put(*arguments)


async def test_put_without_a_value_is_refused(kv: Binding) -> None:
    with refusal(not_of_type("put", 2, "string or Object")):
        await kv.put("k")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *BAD_KEYS,
        (Symbol(), SYMBOL),
        (
            "é" * 256 + "k",
            "Error: KV PUT failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.",
        ),
        ("\udc00", UNDECODABLE),
    ],
)
async def test_put_refuses_a_bad_key(kv: Binding, key: Any, text: str) -> None:
    with refusal(text):
        await kv.put(key, "v")


@pytest.mark.parametrize("options", [None, UNDEFINED, {}, [], [1], JsMap({"metadata": 1}), {"ttl": 1}])
async def test_put_ignores_options_without_known_members(kv: Binding, options: Any) -> None:
    await kv.put("k", "v", options)
    assert await kv.getWithMetadata("k") == {"value": "v", "metadata": None, "cacheStatus": None}


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("", b""),
        ("é🙂\0", "é🙂\0".encode()),
        ("\ud83d\ude42", "🙂".encode()),
        ("\ud800", b"\xed\xa0\x80"),
        (b"\0\xff", b"\0\xff"),
        (bytearray(b"ab"), b"ab"),
        (ArrayBuffer(b"ab"), b"ab"),
        (123, b"123"),
        (-0.0, b"0"),
        (1e21, b"1e+21"),
        (0.000001, b"0.000001"),
        (1e-7, b"1e-7"),
        (123456789012345680000.0, b"123456789012345680000"),
        (math.nan, b"NaN"),
        (-math.inf, b"-Infinity"),
        (True, b"true"),
        (None, b"null"),
        (UNDEFINED, b"undefined"),
        (BigInt(10), b"10"),
        (-(2**70), b"-1180591620717411303424"),
    ],
)
async def test_put_stores_a_value_as_bytes(kv: Binding, value: Any, stored: bytes) -> None:
    await kv.put("k", value)
    assert await kv.get("k", "arrayBuffer") == stored


async def test_put_takes_a_bigint_of_any_size(kv: Binding) -> None:
    # Python by itself writes no more than 4300 digits.
    await kv.put("k", BigInt(10**5000))
    assert await kv.get("k") == "1" + "0" * 5000


async def test_put_joins_the_chunks_of_a_stream(kv: Binding) -> None:
    await kv.put("k", ReadableStream([b"a", b"b\xff"]))
    assert await kv.get("k", "arrayBuffer") == b"ab\xff"


async def test_put_takes_an_empty_stream(kv: Binding) -> None:
    await kv.put("k", ReadableStream([]))
    assert await kv.get("k") == ""


@pytest.mark.parametrize(
    "value",
    [{}, {"a": 1}, [], ["a"], JsMap(), {1}, datetime.fromtimestamp(0, UTC), lambda: 1],
    ids=["object", "members", "array", "strings", "map", "set", "date", "function"],
)
async def test_put_refuses_other_objects(kv: Binding, value: Any) -> None:
    with refusal(BAD_VALUE):
        await kv.put("k", value)


async def test_put_refuses_a_symbol(kv: Binding) -> None:
    with refusal(SYMBOL):
        await kv.put("k", Symbol())


async def test_put_of_a_failing_stream_leaves_the_old_entry(kv: Binding) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"new"
        raise KVError("broken stream")

    await kv.put("k", "old", {"metadata": 1})
    with refusal("Error: broken stream"):
        await kv.put("k", ReadableStream(failing()))
    assert await kv.getWithMetadata("k") == {"value": "old", "metadata": 1, "cacheStatus": None}


async def test_put_replaces_the_whole_entry(kv: Binding) -> None:
    await kv.put("k", "1", {"metadata": {"a": 1}, "expirationTtl": 60})
    await kv.put("k", "2")
    assert await kv.getWithMetadata("k") == {"value": "2", "metadata": None, "cacheStatus": None}
    assert (await kv.list())["keys"] == [{"name": "k"}]


async def test_put_that_is_refused_leaves_the_old_entry(kv: Binding) -> None:
    await kv.put("k", "old", {"metadata": 1})
    with refusal(BAD_TTL):
        await kv.put("k", "new", {"expirationTtl": 0})
    assert await kv.getWithMetadata("k") == {"value": "old", "metadata": 1, "cacheStatus": None}


async def test_put_under_similar_keys_keeps_them_apart(kv: Binding) -> None:
    await fill(kv, "a", "A", "a/", "a%2F", "ä", "a\u0308", "a\0", " a")
    assert len(names(await kv.list())) == 8


async def test_put_takes_25_mib(kv: Binding) -> None:
    await kv.put("k", bytes(LIMIT))
    assert len(await kv.get("k", "arrayBuffer")) == LIMIT


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: bytes(LIMIT + 1), LIMIT + 1),
        (lambda: "é" * (LIMIT // 2 + 1), LIMIT + 2),
        (lambda: ReadableStream([bytes(LIMIT), b"xyz"]), LIMIT + 3),
    ],
    ids=["bytes", "text", "stream"],
)
async def test_put_refuses_a_longer_value_and_says_its_length(
    kv: Binding, make: Callable[[], Any], size: int
) -> None:
    with refusal(too_long(size)):
        await kv.put("k", make())
    assert await kv.get("k") is None


@pytest.mark.parametrize("metadata", ["x" * 1022, "é" * 511, ["x" * 1020], {"k": "x" * 1016}, '"' * 511])
async def test_put_takes_1024_bytes_of_metadata(kv: Binding, metadata: Any) -> None:
    await kv.put("k", "v", {"metadata": metadata})
    assert (await kv.getWithMetadata("k"))["metadata"] == metadata


@pytest.mark.parametrize(
    ("metadata", "size"),
    [("x" * 1023, 1025), ("é" * 511 + "x", 1025), ("\n" * 512, 1026), ("\ud800" * 171, 1028)],
)
async def test_put_refuses_more_metadata(kv: Binding, metadata: str, size: int) -> None:
    with refusal(too_much(size)):
        await kv.put("k", "v", {"metadata": metadata})


@pytest.mark.parametrize("metadata", [lambda: 1, Symbol()], ids=["function", "symbol"])
async def test_put_of_metadata_that_json_leaves_out_is_a_500(kv: Binding, metadata: Any) -> None:
    with refusal("Error: KV PUT failed: 500 Internal Server Error"):
        await kv.put("k", "v", {"metadata": metadata})


@pytest.mark.parametrize("metadata", [BigInt(1), [2**53]])
async def test_put_refuses_a_bigint_in_metadata(kv: Binding, metadata: Any) -> None:
    with refusal("TypeError: Do not know how to serialize a BigInt"):
        await kv.put("k", "v", {"metadata": metadata})


async def test_put_refuses_metadata_that_contains_itself(kv: Binding) -> None:
    with pytest.raises(KVTypeError, match="^TypeError: Converting circular structure to JSON"):
        await kv.put("k", "v", {"metadata": circle()})


async def test_put_takes_an_array_that_contains_itself_as_key(kv: Binding) -> None:
    array: list[Any] = [1]
    array.append(array)
    await kv.put(array, "v")
    assert await kv.get("1,") == "v"


async def test_put_asks_toJSON_once_and_tells_it_the_name(kv: Binding) -> None:
    def described(name: str) -> dict[str, Any]:
        return {"name": name, "toJSON": lambda _: "again"}

    await kv.put("k", "v", {"metadata": {"p": {"toJSON": described}, "q": [{"toJSON": described}]}})
    assert (await kv.getWithMetadata("k"))["metadata"] == {"p": {"name": "p"}, "q": [{"name": "0"}]}


async def test_put_takes_views_of_wider_numbers(kv: Binding) -> None:
    await kv.put("k", array("H", [1, 2]))
    assert await kv.get("k", "arrayBuffer") == array("H", [1, 2]).tobytes()


@pytest.mark.parametrize("name", ["expiration", "expirationTtl"])
@pytest.mark.parametrize(
    ("value", "text"), [(2**31, RANGE), (1_795_000_000_700, RANGE), (BigInt(60), BIGINT)]
)
async def test_put_converts_options_before_it_checks_the_key(
    kv: Binding, name: str, value: Any, text: str
) -> None:
    with refusal(text):
        await kv.put("", {}, {name: value, "metadata": circle()})


async def test_put_converts_an_expiration_that_it_will_ignore(kv: Binding) -> None:
    with refusal(RANGE):
        await kv.put("k", "v", {"expirationTtl": 60, "expiration": 2**31})


async def test_put_checks_the_key_before_the_value(kv: Binding) -> None:
    with refusal(EMPTY):
        await kv.put("", {})


async def test_put_checks_the_value_before_surrogates_in_the_key(kv: Binding) -> None:
    with refusal(BAD_VALUE):
        await kv.put("\ud800", {})


async def test_put_checks_surrogates_in_the_key_before_expirations(kv: Binding) -> None:
    with refusal(UNDECODABLE):
        await kv.put("\ud800", "v", {"expirationTtl": 0})


async def test_put_writes_metadata_as_json_before_it_checks_expirations(kv: Binding) -> None:
    with refusal("TypeError: Do not know how to serialize a BigInt"):
        await kv.put("k", "v", {"metadata": BigInt(1), "expirationTtl": 0})


async def test_put_checks_expirations_before_the_size_of_metadata(kv: Binding) -> None:
    with refusal(BAD_TTL):
        await kv.put("k", "v", {"metadata": "x" * 1023, "expirationTtl": 0})


async def test_put_checks_the_size_of_metadata_before_that_of_the_value(kv: Binding) -> None:
    with refusal(too_much(1025)):
        await kv.put("k", bytes(LIMIT + 1), {"metadata": "x" * 1023})


async def test_put_answers_nothing_and_ignores_a_fourth_argument(kv: Binding) -> None:
    # mypy knows that put gives nothing; a way that gives something is what this is about.
    assert await kv.put("k", "v", {}, {"expirationTtl": 0}) is None  # type: ignore[func-returns-value]
