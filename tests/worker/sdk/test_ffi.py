"""What Pyodide's border does to values."""

import asyncio
from typing import Any

import js
import pytest
from pyodide.ffi import JsException, JsProxy, create_proxy, jsnull, to_js

pytestmark = pytest.mark.anyio


def test_null_and_undefined_are_told_apart() -> None:
    parsed = js.JSON.parse('{"a":null}')
    assert parsed.a is jsnull
    assert not jsnull
    assert repr(jsnull) == "jsnull"
    assert js.undefined is None
    with pytest.raises(AttributeError, match=r"^b$"):
        _ = parsed.b


def test_plain_object_has_members_and_no_items() -> None:
    proxy = js.JSON.parse('{"a":{"b":[1,2.5]}}')
    assert proxy.a.b[1] == 2.5
    assert proxy.to_py() == {"a": {"b": [1, 2.5]}}
    assert proxy.to_py(depth=1)["a"].b.length == 2
    with pytest.raises(TypeError, match=r"^'pyodide.ffi.JsProxy' object is not subscriptable$"):
        _ = proxy["a"]
    with pytest.raises(TypeError, match=r"not iterable"):
        iter(proxy)
    proxy.c = 5.0
    assert proxy.object_keys().to_py() == ["a", "c"]
    del proxy.c
    assert not hasattr(proxy, "c")


def test_dict_is_a_map_unless_converted() -> None:
    assert str(to_js({"a": 1})) == "[object Map]"
    assert to_js({"a": 1})["a"] == 1
    assert to_js({"a": 1}, dict_converter=js.Object.fromEntries).a == 1


def test_every_proxy_is_called_jsproxy() -> None:
    for proxy in (js.fetch, js.Response, to_js([]), to_js({}), js.Headers.new(), js.Uint8Array.new(2)):
        assert type(proxy).__name__ == "JsProxy"
        assert isinstance(proxy, JsProxy)


def test_primitives_do_not_become_proxies() -> None:
    for value in ("x", 5, 1.5, True, None):
        assert to_js(value) == value


def test_list_that_contains_itself_keeps_doing_so() -> None:
    items: list[Any] = [1]
    items.append(items)
    back = to_js(items).to_py()
    assert back[1] is back


def test_python_object_comes_back_as_itself() -> None:
    class Thing:
        pass

    thing = Thing()
    assert to_js([thing])[0] is thing
    assert create_proxy(thing).unwrap() is thing
    assert create_proxy(len)("abc") == 3


def test_options_as_python_dict_are_ignored_as_in_production() -> None:
    assert js.Response.new("x", {"status": 201}).status == 200
    assert js.Response.new("x", status=201).status == 201
    assert js.Response.new("x", to_js({"status": 201}, dict_converter=js.Object.fromEntries)).status == 201


def test_class_without_new_is_refused() -> None:
    with pytest.raises(
        JsException, match=r"^TypeError: Failed to construct 'Response': Please use the 'new'"
    ):
        js.Response("x")


def test_equality_is_identity() -> None:
    response = js.Response.new("x")
    assert response.headers == response.headers
    assert response.constructor == js.Response
    assert response != js.Response.new("x")


async def test_reader_and_tee_share_a_stream() -> None:
    left, right = js.ReadableStream.from_(to_js([b"a", b"b"])).tee()
    reader = left.getReader()
    first = await reader.read()
    assert (first.done, first.value.to_bytes()) == (False, b"a")
    rest = await asyncio.gather(js.Response.new(right).text(), reader.read(), reader.read())
    assert (rest[0], rest[1].value.to_bytes(), rest[2].done) == ("ab", b"b", True)


def test_date_is_utc() -> None:
    date = js.Date.new("2024-01-02T03:04:05.678Z")
    assert (date.getTime(), date.getUTCMonth(), date.getFullYear(), date.getDay()) == (
        1704164645678,
        0,
        2024,
        2,
    )
    assert str(js.Date.new(0)).startswith("Thu Jan 01 1970")
    assert js.Date.now() > 1_700_000_000_000


def test_console_speaks_to_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    js.console.log("a", 1, js.JSON.parse('{"b":[1]}'))
    js.console.error("c")
    assert capsys.readouterr() == ('a 1 {"b":[1]}\n', "c\n")


def test_text_and_base64_round_trip() -> None:
    assert js.TextDecoder.new().decode(js.TextEncoder.new().encode("é")) == "é"
    assert js.atob(js.btoa("hi")) == "hi"
    decoder, more = js.TextDecoder.new(), to_js({"stream": True}, dict_converter=js.Object.fromEntries)
    chunks = [js.Uint8Array.new(to_js(list(chunk))) for chunk in (b"\xc3", b"\xa9", b"")]
    assert [decoder.decode(chunk, more) for chunk in chunks] == ["", "é", ""]
    assert decoder.decode(chunks[0]) == "\ufffd"
    with pytest.raises(JsException, match=r"^InvalidCharacterError"):
        js.btoa("☃")
