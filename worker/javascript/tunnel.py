"""Hands a WebSocket on to a running workerd, message by message."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from worker.serving import LOST, NO_CODE, code_of_a_frame


class _Connect(connect):
    """One that follows no redirect: it is the Worker's answer, and the client's to follow."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(
    url: str, at: tuple[str, int] | None, headers: list[tuple[str, str]], subprotocols: list[str]
) -> ClientConnection | Response:
    """A WebSocket to ``url``, which is reached at the address ``at``; or what was answered in its place.

    Raises OSError and websockets' InvalidHandshake when there is neither.
    """
    way: Mapping[str, Any] = {} if at is None else {"host": at[0], "port": at[1]}
    offered: Any = subprotocols or None
    try:
        return await _Connect(
            url,
            additional_headers=headers,
            subprotocols=offered,
            compression=None,
            user_agent_header=None,
            proxy=None,
            open_timeout=None,
            ping_interval=None,
            max_size=None,
            **way,
        )
    except InvalidStatus as error:
        answer = Response(bytes(error.response.body or b""), error.response.status_code)
        answer.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in error.response.headers.raw_items()
        ]
        return answer


async def tunnel(socket: ClientConnection, receive: Receive, send: Send) -> None:
    """Accept the client's WebSocket, and pass messages both ways until either side closes."""
    assert socket.response is not None, "it is open"
    own = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in socket.response.headers.raw_items()
        if not name.lower().startswith(("sec-websocket-", "connection", "upgrade"))
    ]
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", "subprotocol": socket.subprotocol, "headers": own})
    ways = {asyncio.create_task(_inward(socket, receive)), asyncio.create_task(_outward(socket, send))}
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        socket.transport.abort()


async def _inward(socket: ClientConnection, receive: Receive) -> None:
    with suppress(ConnectionClosed):
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            await socket.send(message["bytes"] if text is None else text)
        code = message.get("code", NO_CODE)
        if code != LOST:
            named: Any = None if code == NO_CODE else code  # None: a frame without a code
            await socket.close(named, message.get("reason") or "")


async def _outward(socket: ClientConnection, send: Send) -> None:
    with suppress(ConnectionClosed):
        async for message in socket:
            kind = "text" if isinstance(message, str) else "bytes"
            await send({"type": "websocket.send", kind: message})
    code = code_of_a_frame(socket.close_code)
    await send({"type": "websocket.close", "code": code, "reason": socket.close_reason or ""})


def address(scope: Scope, scheme: str) -> str:
    """The URL of a request for a WebSocket, as the client wrote it."""
    host: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"localhost")
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return f"{scheme}://{(host + scope['raw_path'] + query).decode('latin-1')}"
