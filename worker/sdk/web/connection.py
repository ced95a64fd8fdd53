"""``new WebSocket(url)``: the other end is a connection to somewhere else."""

import asyncio
from typing import TYPE_CHECKING, Any

from kvstore.javascript.values import UNDEFINED, ArrayBuffer, Undefined, to_string
from worker.sdk.ffi.errors import JsException
from worker.sdk.surroundings import surroundings
from worker.sdk.web.url import parse_url
from worker.sdk.web.websocket import LOST, NO_CODE, Event, WebSocket, pair

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_SCHEMES = {"ws:": "ws", "wss:": "wss", "http:": "ws", "https:": "wss"}


class ConnectingWebSocket(WebSocket):
    """The class that a Worker knows: ``new WebSocket(url, protocols)`` connects in the background."""

    js_name = "WebSocket"

    @classmethod
    def js_construct(cls, *arguments: Any) -> WebSocket:
        return connected(*arguments)


def connected(url: Any = UNDEFINED, protocols: Any = UNDEFINED, *_: Any) -> WebSocket:
    """An end whose events are ``open``, ``message``, ``error`` and ``close``.

    Raises JsException (SyntaxError) for what no WebSocket can be opened to.
    """
    parsed = parse_url(to_string(url))
    if parsed is None or parsed.protocol not in _SCHEMES:
        raise JsException("SyntaxError", "WebSocket Constructor: The url is invalid.")
    offered = [] if isinstance(protocols, Undefined) else protocols
    names = [to_string(one) for one in (offered if isinstance(offered, list) else [offered])]
    ours, theirs = pair()
    ours.url, ours.readyState = parsed.href, 0
    ours.accept()
    address = _SCHEMES[parsed.protocol] + parsed.href.removeprefix(parsed.protocol.removesuffix(":"))
    ours.js_keep(asyncio.ensure_future(_run(address, names, ours, theirs)))
    return ours


async def _run(address: str, names: list[str], ours: WebSocket, theirs: WebSocket) -> None:
    from websockets.asyncio.client import connect  # slow to import, and few Workers need it
    from websockets.exceptions import ConnectionClosed, WebSocketException

    offered: Any = names or None
    try:
        if surroundings().outbound is not None:
            raise OSError("a simulated Worker has no network for a WebSocket")
        socket = await connect(address, subprotocols=offered, max_size=None, ping_interval=None)
    except (OSError, WebSocketException) as error:
        message = f"WebSocket connection to {address} failed: {error}"
        ours.js_deliver({"type": "error", "message": message, "error": JsException("Error", message)})
        ours.js_deliver({"type": "close", "code": LOST, "reason": "", "wasClean": False})
        return
    ours.protocol = socket.subprotocol or ""
    ours.js_deliver({"type": "open"})
    heard: asyncio.Queue[Event] = asyncio.Queue()
    theirs.js_carried(heard.put_nowait)
    sending = asyncio.ensure_future(_send(socket, heard))
    try:
        async for received in socket:
            theirs.send(ArrayBuffer(received) if isinstance(received, bytes) else received)
    except ConnectionClosed:
        pass
    finally:
        sending.cancel()
    theirs.js_close(socket.close_code or LOST, socket.close_reason or "")


async def _send(socket: "ClientConnection", heard: "asyncio.Queue[Event]") -> None:
    while (event := await heard.get())["type"] == "message":
        await socket.send(event["data"])
    await socket.close(1000 if event["code"] in (NO_CODE, LOST) else event["code"], event["reason"])
