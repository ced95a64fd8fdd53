"""fetch: through the invocation's way out, or over the network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import js
import pytest
from pyodide.ffi import to_js
from pyodide.http import AbortError

from worker.sdk import FormData, Request, fetch
from worker.sdk.context import current
from worker.sdk.env import make_env
from worker.sdk.ffi.errors import JsException
from worker.sdk.web.http.request import Request as WebRequest
from worker.sdk.web.http.response import Response as WebResponse

pytestmark = pytest.mark.anyio


async def echo(request: WebRequest) -> WebResponse:
    lines = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    return WebResponse("\n".join([*lines, await request.text()]))


async def refuse(request: WebRequest) -> WebResponse:
    raise JsException("Error", "Network connection lost.")


async def test_fetch_goes_the_way_out_of_the_invocation() -> None:
    with current(make_env({}), outbound=echo):
        answer = await fetch(
            "https://e.com", method="POST", headers={"X-A": 1}, body=b"hi", cf={"cacheTtl": 5}
        )
        again = await fetch(Request("https://e.com/r", headers=[("a", "1"), ("a", "2")]))
    assert await answer.text() == "POST https://e.com/\nx-a: 1\nhi"
    assert await again.text() == "GET https://e.com/r\na: 1, 2\n"


async def test_fetch_of_javascript_takes_the_same_way() -> None:
    options = to_js({"method": "PUT", "body": "x"}, dict_converter=js.Object.fromEntries)
    with current(make_env({}), outbound=echo):
        answer = await js.fetch("https://e.com", options)
    assert (await answer.text()).startswith("PUT https://e.com/")


async def test_fetch_sends_a_form() -> None:
    with current(make_env({}), outbound=echo):
        answer = await fetch("https://e.com", method="POST", body=FormData({"a": "1"}))
    assert 'name="a"' in await answer.text()


async def test_fetch_may_be_given_another_fetcher() -> None:
    async def fetcher(url: str, options: object) -> object:
        return js.Response.new(f"{url} {options.method}")  # type: ignore[attr-defined]

    assert await (await fetch("https://e.com", method="PUT", fetcher=fetcher)).text() == "https://e.com PUT"


async def test_failed_fetch_is_an_oserror() -> None:
    with (
        current(make_env({}), outbound=refuse),
        pytest.raises(AbortError, match=r"^Network connection lost.$"),
    ):
        await fetch("https://e.com")
    with pytest.raises(OSError, match=r"^Invalid URL: /rel$"):
        await fetch("/rel")


async def _reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    target = request.split()[1].decode()
    head = (
        "302 Found\r\nLocation: /there" if target == "/" else "200 Fine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2"
    )
    writer.write(f"HTTP/1.1 {head}\r\nContent-Length: {len(target)}\r\n\r\n{target}".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    server = await asyncio.start_server(_reply, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_network_answer_is_a_response() -> None:
    async with serving() as root:
        answer = await fetch(root)
        assert (answer.status, answer.status_text, answer.url, answer.redirected) == (
            200,
            "Fine",
            root + "there",
            True,
        )
        assert answer.headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert await answer.text() == "/there"
        assert (await fetch(root, redirect="manual")).status == 302


async def test_network_without_answer_is_an_oserror() -> None:
    async with serving() as root:
        pass
    with pytest.raises(AbortError, match=r"^Network connection lost.$"):
        await fetch(root)
