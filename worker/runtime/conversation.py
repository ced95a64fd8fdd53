"""A client and the end of a WebSocket that a Worker answered with."""

import asyncio
from contextlib import suppress

from starlette.types import Receive, Send

from kvstore.javascript.values import ArrayBuffer
from worker.sdk.ffi.errors import JsException
from worker.sdk.web.websocket import Event, WebSocket
from worker.serving import NO_CODE, code_of_a_frame


async def converse(
    socket: WebSocket, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send
) -> None:
    """Accept the client's WebSocket, and pass messages both ways until either side closes."""
    heard: asyncio.Queue[Event] = asyncio.Queue()
    socket.js_carried(heard.put_nowait)
    await receive()  # websocket.connect
    protocol = next((value.decode() for name, value in headers if name == b"sec-websocket-protocol"), None)
    own = [pair for pair in headers if pair[0] != b"sec-websocket-protocol"]
    await send({"type": "websocket.accept", "subprotocol": protocol, "headers": own})
    outward = asyncio.ensure_future(_outward(heard, send))
    try:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            with suppress(JsException):  # what comes after the Worker has closed
                socket.send(ArrayBuffer(message["bytes"]) if text is None else text)
        socket.js_close(message.get("code", NO_CODE), message.get("reason") or "")
    finally:
        outward.cancel()
        socket.js_close()


async def _outward(heard: "asyncio.Queue[Event]", send: Send) -> None:
    while (event := await heard.get())["type"] == "message":
        kind = "text" if isinstance(event["data"], str) else "bytes"
        await send({"type": "websocket.send", kind: event["data"]})
    code = code_of_a_frame(event["code"])
    await send({"type": "websocket.close", "code": code, "reason": event["reason"]})
