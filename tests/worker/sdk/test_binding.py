"""env.KV: conversions on the way in and out."""

from typing import Any

import pytest
from pyodide.ffi import JsException, JsProxy

from kvstore.errors import KVError

pytestmark = pytest.mark.anyio


async def test_refusal_is_a_javascript_exception(env: Any) -> None:
    with pytest.raises(JsException) as refused:
        await env.KV.put("k", "v", expirationTtl=1)
    error = refused.value
    assert str(error) == f"{error.name}: {error.message}"
    assert error.message.startswith("KV PUT failed: 400 Invalid expiration_ttl of 1.")
    assert isinstance(error.__cause__, KVError)


@pytest.mark.parametrize("value", [("a",), bytearray(b"a"), [("a",)], {"a": [bytearray()]}, {"a": {"b": ()}}])
def test_tuple_and_bytearray_are_refused_when_called(env: Any, value: Any) -> None:
    with pytest.raises(TypeError, match=r"^<class '(tuple|bytearray)'> cannot be sent over RPC.$"):
        env.KV.put("k", value)


def test_awaitable_is_refused_when_called(env: Any) -> None:
    async def forgotten() -> None: ...

    with pytest.raises(TypeError, match=r"^Awaitable <class 'coroutine'> cannot be sent over RPC.$"):
        env.KV.put("k", forgotten())


async def test_stream_of_a_value_is_read_in_chunks_or_sent_on(env: Any) -> None:
    await env.KV.put("a", b"abc")
    stream = await env.KV.get("a", "stream")
    assert isinstance(stream, JsProxy)
    await env.KV.put("b", stream)
    assert await env.KV.get("b") == "abc"


async def test_buffer_arrives_as_memoryview(env: Any) -> None:
    await env.KV.put("a", memoryview(b"abc"))
    assert (await env.KV.get("a", "arrayBuffer")).tobytes() == b"abc"


async def test_keywords_after_a_positional_option_are_ignored(env: Any) -> None:
    await env.KV.put("a", "v", {"metadata": 1}, expirationTtl=1)
    assert (await env.KV.getWithMetadata("a")).metadata == 1


def test_binding_is_nothing_but_its_methods(env: Any) -> None:
    assert env.KV is env.KV
    assert bool(env.KV)
    assert "get" not in dir(env.KV)
    with pytest.raises(AttributeError, match=r"^get_with_metadata$"):
        _ = env.KV.get_with_metadata
    with pytest.raises(TypeError, match=r"^'KvNamespace' object has no len\(\)$"):
        len(env.KV)
    with pytest.raises(TypeError, match=r"^'KvNamespace' object is not iterable$"):
        list(env.KV)
