"""``ctx`` of a Durable Object."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.durable.object_id import DurableObjectId
from worker.durable.storage.storage import DurableObjectStorage
from worker.sdk.context import ExecutionContext
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.websocket import Event, WebSocket


@dataclass(eq=False, repr=False)
class DurableObjectState(JsObject):
    """The object's id, its storage, and what it may ask of its runtime.

    ``js_block`` runs a callback before all later events, ``js_abort`` ends the object. ``_hear`` gets every
    event of a WebSocket that was accepted here: the method of the class, and what it is called with.
    """

    id: DurableObjectId
    storage: DurableObjectStorage
    _context: ExecutionContext
    js_block: Callable[[Callable[[], Awaitable[Any]]], asyncio.Future[Any]]
    js_abort: Callable[[str | None], None]
    _hear: Callable[[str, tuple[Any, ...]], None]
    _sockets: list[WebSocket] = field(init=False, default_factory=list)

    def waitUntil(self, awaitable: Any) -> None:
        """Accepted as for a Worker; an object lives on by itself."""
        self._context.waitUntil(awaitable)

    def acceptWebSocket(self, socket: Any = UNDEFINED, tags: Any = UNDEFINED, *_: Any) -> None:
        """Methods of the class hear what comes: webSocketMessage, webSocketClose, webSocketError."""
        if not isinstance(socket, WebSocket):
            raise type_error(
                "Failed to execute 'acceptWebSocket' on 'DurableObjectState': parameter 1 is not of type "
                "'WebSocket'."
            )
        given = tags if isinstance(tags, list) else []
        socket.js_take(lambda event: self._heard(socket, event))
        socket.js_tags = tuple(map(to_string, given))
        self._sockets.append(socket)

    def getWebSockets(self, tag: Any = UNDEFINED, *_: Any) -> list[WebSocket]:
        """Those that were accepted and are open, all or with one tag; the newest come first."""
        found = reversed(self._sockets)
        return [one for one in found if isinstance(tag, Undefined) or to_string(tag) in one.js_tags]

    def getTags(self, socket: Any = UNDEFINED, *_: Any) -> list[str]:
        if socket not in self._sockets:
            raise JsException(
                "Error",
                "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.",
            )
        return list(socket.js_tags)

    def _heard(self, socket: WebSocket, event: Event) -> None:
        if event["type"] == "message":
            self._hear("webSocketMessage", (socket, event["data"]))
        elif event["type"] == "close":
            self._sockets.remove(socket)
            self._hear("webSocketClose", (socket, event["code"], event["reason"], event["wasClean"]))

    def js_end(self) -> None:
        """The object has ended: its clients are cut off."""
        for socket in self._sockets:
            socket.js_close()
        self._sockets.clear()
