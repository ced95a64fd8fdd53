"""JavaScript's globals in ``js``, as Workers use them."""

import asyncio
from typing import Any

import pytest

from worker.sdk.install import install


@pytest.fixture
def js() -> Any:
    install()
    import js

    return js


def test_numbers(js: Any) -> None:
    assert (js.Math.floor(1.5), js.Math.round(-0.5), js.Math.max(1, 3, 2)) == (1, 0, 3)
    assert (js.parseInt("12px"), js.parseInt("0x1f"), js.parseFloat("1.5e1x")) == (12, 31, 15)
    assert js.isNaN(js.Math.sqrt(-1))


def test_percent_encoding(js: Any) -> None:
    assert js.encodeURIComponent("a b/é") == "a%20b%2F%C3%A9"
    assert js.encodeURI("a b/é?x=1#y") == "a%20b/%C3%A9?x=1#y"
    assert js.decodeURIComponent("a%20b") == "a b"


def test_timers_and_promises(js: Any) -> None:
    async def run() -> list[Any]:
        heard: list[Any] = []
        js.setTimeout(lambda: heard.append("later"), 1)
        js.clearTimeout(js.setTimeout(lambda: heard.append("never"), 0))
        await js.Promise.new(lambda resolve, reject: js.setTimeout(resolve, 5))
        heard.append((await js.Promise.all([js.Promise.resolve(1), 2])).to_py())
        return heard

    assert asyncio.run(run()) == ["later", [1, 2]]


def test_run_sync_waits_inside_of_a_call() -> None:
    install()
    from pyodide.ffi import run_sync

    async def run() -> Any:
        async def slow() -> str:
            await asyncio.sleep(0.001)
            return "done"

        return run_sync(slow())

    assert asyncio.run(run()) == "done"


def test_a_cache_keeps_what_may_be_kept(js: Any) -> None:
    async def run() -> list[Any]:
        cache = js.caches.default
        await cache.put("https://e.com/", js.Response.new("kept"))
        found = await cache.match("https://e.com/")
        gone = await cache.delete("https://e.com/")
        return [await found.text(), gone, await cache.match("https://e.com/")]

    assert asyncio.run(run()) == ["kept", True, None]


def test_subtle_digests_and_signs(js: Any) -> None:
    async def run() -> list[str]:
        digest = await js.crypto.subtle.digest("SHA-256", js.TextEncoder.new().encode("a"))
        return [digest.to_bytes().hex()[:8]]

    assert asyncio.run(run()) == ["ca978112"]


def test_a_transform_stream_hands_on_what_is_written(js: Any) -> None:
    async def run() -> str:
        stream = js.TransformStream.new()
        writer = stream.writable.getWriter()

        async def write() -> None:
            await writer.write(js.TextEncoder.new().encode("hi"))
            await writer.close()

        writing = asyncio.ensure_future(write())
        text = await js.Response.new(stream.readable).text()
        await writing
        return str(text)

    assert asyncio.run(run()) == "hi"


def test_absent_globals_say_so_when_used(js: Any) -> None:
    with pytest.raises(Exception, match="EventSource is not emulated"):
        js.EventSource.new()
