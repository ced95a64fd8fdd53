"""Clients that are too slow, or take nothing of their answer: refused or cut off, each with one line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from worker.kvwire import StatusTextProtocol
from worker.serving import BoundedH11, Bounds, bind, serve
from worker.serving.protocol import BoundedHttpTools

pytestmark = pytest.mark.anyio

BOUNDS = Bounds(seconds=0.1)
LARGE = b"x" * 50_000_000
Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    request = Request(scope, receive)
    if request.url.path == "/large":
        await Response(LARGE)(scope, receive, send)
    elif request.url.path == "/early":
        await PlainTextResponse("early")(scope, receive, send)
    else:
        await PlainTextResponse(str(len(await request.body())))(scope, receive, send)


async def a_moment() -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)


@pytest.fixture(params=[StatusTextProtocol, BoundedHttpTools])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Open]:
    protocol: type[BoundedH11] | type[BoundedHttpTools] = request.param
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    async with serve(app, listener, protocol, bounds=BOUNDS):
        yield lambda: asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
        b"PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /again HTTP/1.1\r\n",
    ],
)
async def test_a_request_that_does_not_get_on_is_408(connect: Open, sent: bytes) -> None:
    reader, writer = await connect()
    writer.write(sent)
    answer = await reader.read()
    assert b"HTTP/1.1 408 Request Timeout\r\n" in answer
    writer.close()


async def test_a_request_that_dribbles_is_refused(connect: Open, caplog: pytest.LogCaptureFixture) -> None:
    _, writer = await connect()
    writer.write(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n")
    async with asyncio.timeout(60):
        while "made no progress" not in caplog.text:
            writer.write(b"x")
            await a_moment()
    writer.close()


async def test_a_connection_on_which_nothing_is_asked_is_closed(connect: Open) -> None:
    reader, writer = await connect()
    assert await reader.read() == b""
    writer.close()


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(
    connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await connect()
    writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(60):
        while "read nothing of its answer" not in caplog.text:
            await a_moment()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(len(LARGE))
    writer.close()


async def test_a_body_that_goes_on_after_its_answer_comes_to_an_end(connect: Open) -> None:
    reader, writer = await connect()
    writer.write(b"PUT /early HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    await reader.readuntil(b"early")
    with pytest.raises(ConnectionError):
        await send_for_ever(writer)


async def send_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        await writer.drain()


async def test_a_fast_large_body_is_read(connect: Open) -> None:
    reader, writer = await connect()
    writer.write(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(LARGE) + LARGE)
    assert (await reader.readuntil(str(len(LARGE)).encode())).startswith(b"HTTP/1.1 200 ")
    writer.close()
