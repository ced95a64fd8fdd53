"""WebSocket and WebSocketPair, as JavaScript sees them in workerd. Texts are workerd's.

The two ends of a pair hear each other. An end that a Response carries is the server's to read: what comes
from the client is sent through it, and what it receives goes to the client. The other end of a
`ConnectingWebSocket` is somewhere else.
"""

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, ArrayBuffer, Undefined, to_int32, to_string
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.timers import function_of

Event = dict[str, Any]
Hear = Callable[[Event], None]

_CONNECTING, _OPEN, _CLOSING, _CLOSED = range(4)
_NOT_ACCEPTED: Final = (
    "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages."
)
_ALREADY_ACCEPTED: Final = (
    "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`"
)
_USED: Final = "Can't return WebSocket that was already used in a response."
# Codes that no frame carries: none was named, or the other side went without a word.
NO_CODE: Final = 1005
LOST: Final = 1006


class WebSocket(JsObject):
    """One end. Events are objects with ``type``, and ``data``, ``code``, ``reason`` or ``wasClean``."""

    READY_STATE_CONNECTING, READY_STATE_OPEN, READY_STATE_CLOSING, READY_STATE_CLOSED = range(4)
    CONNECTING, OPEN, CLOSING, CLOSED = range(4)

    def __init__(self) -> None:
        self.url: Any = None
        self.protocol: Any = ""
        self.extensions: Any = ""
        self.readyState = _OPEN
        self.binaryType = "arraybuffer"
        self.onopen = self.onmessage = self.onclose = self.onerror = None
        self._listeners: dict[str, list[Any]] = {}
        self._attachment: Any = None
        self._hear: Hear | None = None
        self._waiting: list[Event] = []
        self._tasks: set[asyncio.Future[Any]] = set()
        self.js_peer: WebSocket | None = None
        self.js_tags: tuple[str, ...] = ()

    def accept(self, *_: Any) -> None:
        """Hear what the other end sends, by listeners."""
        if self._hear is None:
            loop, context = asyncio.get_running_loop(), contextvars.copy_context()
            self.js_take(lambda event: self._soon(loop, context, event))

    def _soon(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context, event: Event) -> None:
        loop.call_soon(self._dispatch, event, context=context)

    def _dispatch(self, event: Event) -> None:
        own = getattr(self, f"on{event['type']}")
        for listener in (*self._listeners.get(event["type"], ()), *([own] if own else [])):
            result = function_of(listener)(wrap(event))
            if inspect.isawaitable(result):
                self.js_keep(asyncio.ensure_future(result))

    def addEventListener(self, kind: Any, listener: Any, *_: Any) -> None:
        self._listeners.setdefault(to_string(kind), []).append(listener)

    def removeEventListener(self, kind: Any, listener: Any, *_: Any) -> None:
        listeners = self._listeners.get(to_string(kind), [])
        self._listeners[to_string(kind)] = [one for one in listeners if one is not listener]

    def send(self, message: Any = UNDEFINED, *_: Any) -> None:
        """Text, or bytes. Raises JsException before it is accepted, and after it was closed."""
        if self._hear is None:
            raise type_error(_NOT_ACCEPTED)
        if self.readyState >= _CLOSING:
            raise type_error("Can't call WebSocket send() after close().")
        data = ArrayBuffer(message) if isinstance(message, bytes | bytearray | memoryview) else message
        self._tell({"type": "message", "data": data if isinstance(data, ArrayBuffer) else to_string(data)})

    def close(self, code: Any = UNDEFINED, reason: Any = UNDEFINED, *_: Any) -> None:
        """Raises JsException for a code that no application may give."""
        number = NO_CODE if isinstance(code, Undefined) else to_int32(code)
        if not isinstance(code, Undefined) and not (number == 1000 or 1000 < number < 5000):
            raise JsException("InvalidAccessError", "Invalid WebSocket close code: " + to_string(code) + ".")
        self.js_close(number, "" if isinstance(reason, Undefined) else to_string(reason))

    def serializeAttachment(self, value: Any = UNDEFINED, *_: Any) -> None:
        self._attachment = value

    def deserializeAttachment(self) -> Any:
        return self._attachment

    def _tell(self, event: Event) -> None:
        if self.js_peer is not None:
            self.js_peer.js_deliver(event)

    def js_take(self, hear: Hear, *, refused: str = _ALREADY_ACCEPTED) -> None:
        """Tell ``hear`` of what comes, beginning with what waits. Raises JsException when it is taken."""
        if self._hear is not None:
            raise JsException("Error" if refused is _ALREADY_ACCEPTED else "TypeError", refused)
        self._hear = hear
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            hear(event)

    def js_carried(self, hear: Hear) -> None:
        """`js_take` for the server that answers with this end."""
        self.js_take(hear, refused=_USED)

    def js_deliver(self, event: Event) -> None:
        if event["type"] == "close":
            self.readyState = _CLOSED
        elif event["type"] == "open":
            self.readyState = _OPEN
        if self._hear is None:
            self._waiting.append(event)
        else:
            self._hear(event)

    def js_close(self, code: int = LOST, reason: str = "") -> None:
        """Say that it ends here; 1006 for an end without a word."""
        if self.readyState < _CLOSING:
            self.readyState = _CLOSING
            self._tell({"type": "close", "code": code, "reason": reason, "wasClean": code != LOST})

    def js_keep(self, task: "asyncio.Future[Any]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def pair() -> tuple[WebSocket, WebSocket]:
    """Two ends that hear each other."""
    first, second = WebSocket(), WebSocket()
    first.js_peer, second.js_peer = second, first
    return first, second


class WebSocketPair(JsObject):
    @classmethod
    def js_construct(cls, *_: Any) -> dict[str, Any]:
        first, second = pair()
        return {"0": first, "1": second}
