"""Who reaches a debugger's port: raw requests, in front of a program that says what arrived."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from worker.javascript import Forwarder
from worker.serving import bind

pytestmark = pytest.mark.anyio

Ask = Callable[[bytes], Awaitable[bytes]]
WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
)


@pytest.fixture
def arrived() -> list[bytes]:
    """What reached the program behind the port, connection by connection."""
    return []


@pytest.fixture
async def ask(arrived: list[bytes]) -> AsyncIterator[Ask]:
    async def inspector(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        arrived.append(head + (await reader.readuntil(b"frames") if b"Upgrade" in head else b""))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async def ask(request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
        writer.write(request)
        try:
            return await reader.read()
        finally:
            writer.close()

    listener = bind("127.0.0.1", 0)
    behind = await asyncio.start_server(inspector, "127.0.0.1", 0)
    forwarder = Forwarder(listener, lambda: int(behind.sockets[0].getsockname()[1]))
    await forwarder.start()
    yield ask
    await forwarder.stop()
    behind.close()


@pytest.mark.parametrize(
    ("lines", "status", "text"),
    [
        ("Host: evil.example", 401, "Disallowed `Host` header"),
        ("Host: x.localhost", 401, "Disallowed `Host` header"),
        ("Host: 127.0.0.9", 401, "Disallowed `Host` header"),
        ("Host: evil@localhost", 400, "Expected `Host` header"),
        ("Host:", 400, "Expected `Host` header"),
        ("Host: localhost\r\nOrigin: http://evil.example", 401, "Disallowed `Origin` header"),
        ("Host: localhost\r\nOrigin: https://devtools.pages.dev", 401, "Disallowed `Origin` header"),
        ("Host: localhost\r\nOrigin: https://x.y.cloudflare-devtools.pages.dev", 401, "Disallowed"),
        ("Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example", 401, "Disallowed"),
        ("Host: localhost\r\nOrigin: null", 400, "Expected `Origin` header"),
        ("Host: localhost\r\nHost: evil.example", 400, "not valid HTTP"),
        ("Host: localhost\r\n folded", 400, "Expected `Host` header"),
        ("nonsense", 400, "not valid HTTP"),
        ("Host: localhost\r\nX: " + "y" * 70_000, 431, "too long"),
    ],
)
@pytest.mark.parametrize("kind", ["", WEBSOCKET])
async def test_nothing_of_a_page_of_another_site_is_forwarded(
    ask: Ask, arrived: list[bytes], kind: str, lines: str, status: int, text: str
) -> None:
    answer = await ask(f"GET /user HTTP/1.1\r\n{kind}{lines}\r\n\r\nframes".encode())
    assert answer.startswith(b"HTTP/1.1 %d " % status) or (status == 431 and answer == b"")
    assert text.encode() in answer or answer == b""
    assert arrived == []


async def test_a_program_that_names_itself_must_name_an_origin(ask: Ask, arrived: list[bytes]) -> None:
    answer = await ask(f"GET /user HTTP/1.1\r\n{WEBSOCKET}Host: localhost\r\nUser-Agent: a\r\n\r\n".encode())
    assert (answer[:12], answer[-24:]) == (b"HTTP/1.1 400", b"Expected `Origin` header")
    assert arrived == []


@pytest.mark.parametrize(
    "lines",
    [
        "Host: localhost:9229",
        "Host: [::1]:9229\r\nOrigin: http://127.0.0.1:3000",
        "Host: 127.0.0.1\r\nUser-Agent: a\r\nOrigin: https://devtools.devprod.cloudflare.dev",
        "Host: localhost\r\nOrigin: https://abc1-cloudflare-devtools.devprod.workers.dev",
        "Host: localhost\r\nOrigin: https://abc1.cloudflare-devtools.pages.dev",
    ],
)
async def test_a_debugger_gets_through_with_all_that_it_sends(
    ask: Ask, arrived: list[bytes], lines: str
) -> None:
    head = f"GET /user HTTP/1.1\r\n{WEBSOCKET}{lines}\r\n\r\n".encode()
    assert await ask(head + b"\x81\x00frames") == b"HTTP/1.1 200 OK\r\n\r\n"
    assert arrived == [head + b"\x81\x00frames"]


async def test_nothing_follows_a_request_that_opens_no_websocket(ask: Ask, arrived: list[bytes]) -> None:
    second = b"GET /user HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    await ask(b"GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n" + second)
    assert arrived == [b"GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
