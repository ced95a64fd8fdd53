"""Anything that a Worker may pass, and everything that it may be told."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from hypothesis import strategies as st

from kvstore import ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt, JsMap, Symbol

from .expect import START

# Everything that may be said to a Worker, with numbers and names left open.
WORDING: Final = re.compile(
    r"TypeError: (Key name cannot be empty\."
    r"|\"\.{1,2}\" is not allowed as a key name\."
    r"|Failed to execute '\w+' on 'KvNamespace': parameter \d is not of type '[\w ]+'\."
    r"|Value out of range\. Must be between -2147483648 and 2147483647 \(inclusive\)\."
    r"|Cannot convert a BigInt value to a number"
    r"|Cannot convert a Symbol value to a (string|number)"
    r"|Unknown response type\. Possible types are \"text\", \"arrayBuffer\", \"json\", and \"stream\"\."
    r"|KV put\(\) accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values\."
    r"|Do not know how to serialize a BigInt"
    r"|Converting circular structure to JSON\n.*"
    r"|This ReadableStream is disturbed\.|This ReadableStream did not return bytes\.)"
    r"|SyntaxError: .+"
    r"|RangeError: Maximum call stack size exceeded"
    r"|Error: KV (GET|PUT|DELETE|GET_BULK) failed: (400|413|414|500) .+",
    re.DOTALL,
)


def _view(content: bytes | bytearray) -> Any:
    return memoryview(content)


def _stream(chunks: list[Any]) -> ReadableStream:
    """Of texts too, which it refuses when it is read."""
    return ReadableStream(chunks)


# Texts with what breaks texts: NUL, lone and paired surrogates, a byte order mark, the ends of the planes.
TEXTS = st.text(st.characters() | st.sampled_from("\0\ud800\udfff\ufeff\uffff\U0010ffff%/."), max_size=20)
TEXTS |= st.sampled_from(["", ".", "..", "\ud83d\ude42", "__proto__", "7", "k" * 512, "k" * 513, "é" * 257])
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.integers(20, 70)
NUMBERS |= st.sampled_from([2**31 - 1, 2**31, 2**53, -(2**31) - 0.5, 10**400, BigInt(5), START // 1000 + 60])
ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
DATES = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 30), timezones=ZONES)
BUFFERS = (
    st.binary(max_size=9) | st.binary(max_size=9).map(ArrayBuffer) | st.binary(max_size=9).map(bytearray)
)
SCALARS = st.one_of(
    st.none(),
    st.just(UNDEFINED),
    st.booleans(),
    NUMBERS,
    TEXTS,
    BUFFERS,
    BUFFERS.map(_view),
    DATES,
    st.builds(Symbol),
    st.just(len),
    st.builds(object),
    st.lists(BUFFERS | TEXTS, max_size=3).map(_stream),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXTS, inner, max_size=4)
        | st.dictionaries(st.integers() | TEXTS, inner, max_size=3).map(JsMap)
        | st.sets(st.integers() | TEXTS, max_size=3)
        | inner.map(lambda value: {"toJSON": lambda _: value})
    ),
    max_leaves=12,
)
# Options with the right names and any values, so that every check is met; or any value at all.
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["text", "json", "arrayBuffer", "stream"]) | VALUES,
        "cacheTtl": NUMBERS | VALUES,
        "expiration": NUMBERS | VALUES,
        "expirationTtl": st.integers(55, 65) | VALUES,
        "metadata": VALUES,
        "prefix": TEXTS | VALUES,
        "limit": st.integers(-1, 1001) | VALUES,
        "cursor": TEXTS | VALUES,
    },
)
OPTIONS = SETTINGS | VALUES
CALLS = st.one_of(
    st.tuples(st.just("get"), VALUES, OPTIONS),
    st.tuples(st.just("get"), st.lists(VALUES, max_size=3), OPTIONS),
    st.tuples(st.just("getWithMetadata"), TEXTS | VALUES, OPTIONS),
    st.tuples(st.just("put"), TEXTS | VALUES, VALUES, OPTIONS),
    st.tuples(st.just("put"), TEXTS, TEXTS | BUFFERS, SETTINGS),
    st.tuples(st.just("delete"), TEXTS | VALUES),
    st.tuples(st.just("list"), OPTIONS),
    st.tuples(st.sampled_from(["get", "getWithMetadata", "put", "delete", "list"])),
)
