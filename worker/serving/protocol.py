"""HTTP/1.1 as uvicorn speaks it, with bounds: how long a head may be, and how slow a client.

A head that is too long is answered with 431, a request that does not get on with 408; one line is logged. A
client that takes nothing of its answer is cut off, and so is one that comes when too many are there.
"""

import asyncio
import logging
import resource
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LOG: Final = logging.getLogger("uvicorn.error")


_MOST_CONNECTIONS: Final = 1000


def affordable() -> int:
    """How many connections may be open: with them at most a quarter of the descriptors of the process."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = allowed == resource.RLIM_INFINITY
    return _MOST_CONNECTIONS if unlimited else max(8, min(_MOST_CONNECTIONS, allowed // 4))


@dataclass(frozen=True, slots=True)
class Bounds:
    """``head``: bytes of a request before its body. In ``seconds`` at least ``progress`` bytes must come.

    At most ``connections`` are open at a time.
    """

    head: int = 64 * 1024
    seconds: float = 15.0
    progress: int = 1024
    connections: int = field(default_factory=affordable)


if TYPE_CHECKING:
    _Uvicorn = HttpToolsProtocol
else:
    _Uvicorn = object


class Bounded(_Uvicorn):
    """What both protocols do: one timer for each connection looks every ``seconds`` whether it gets on."""

    bounds = Bounds()
    _timer: asyncio.TimerHandle
    _received = 0  # bytes, of the whole connection
    # As it was when the timer looked last:
    _had_received = 0
    _waited = False
    _unsent = 0  # bytes that the client had not taken
    _taken = False  # whether it has taken some since

    @property
    def receiving(self) -> Literal["", "head", "body"]:
        """Which part of a request has begun to come, and has not ended."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.bounds.seconds, self._look)
        if len(self.connections) > self.bounds.connections:
            _LOG.warning("More than %d connections are open: the newest was closed.", self.bounds.connections)
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """From here on the connection is another protocol's, which comes without bounds."""
        self._timer.cancel()
        super().handle_websocket_upgrade(*event)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)

    def resume_writing(self) -> None:
        self._taken = True
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        # Which bound was passed h11 says in the error that is being handled; uvicorn does not hand it on.
        hint = getattr(sys.exc_info()[1], "error_status_hint", None)
        too_long = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        self.refuse(too_long if hint == too_long else HTTPStatus.BAD_REQUEST, msg)

    def _unsupported_upgrade_warning(self) -> None:
        _LOG.warning(
            "A request asked to upgrade to another protocol, such as WebSocket: it was answered in HTTP/1.1."
        )

    def refuse(self, status: int, text: str) -> None:
        """Answer what is being received, unless an answer has begun, and close the connection."""
        cycle = self.cycle
        answered = cycle is not None and cycle.response_started
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True  # to the app: nothing comes and nothing goes any more
            cycle.message_event.set()
        elif self.receiving != "body":
            answered = False  # that was the request before
        if not answered and not self.transport.is_closing():
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
                "content-type: text/plain; charset=utf-8\r\n"
                f"content-length: {len(text)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write((head + text).encode("ascii"))
        self.transport.close()

    def _look(self) -> None:
        self._timer = self.loop.call_later(self.bounds.seconds, self._look)
        came = self._received - self._had_received
        waits = not self.flow.read_paused and (self._received == 0 or self.receiving != "")
        unsent = self.transport.get_write_buffer_size()
        if self._unsent and unsent >= self._unsent and not self._taken:
            _LOG.warning(
                "A client read nothing of its answer for %g s: its connection was closed.",
                self.bounds.seconds,
            )
            self.transport.abort()
        elif waits and self._waited and not self.transport.is_closing():
            self._expect(came)
        self._had_received, self._waited, self._unsent, self._taken = self._received, waits, unsent, False

    def _expect(self, came: int) -> None:
        """Give a client up that has sent too little, and one that goes on though its answer is complete."""
        if self._received == 0:
            self.transport.close()  # as the spare connections of a browser: nobody asked anything
        elif came < self.bounds.progress:
            _LOG.warning("A request made no progress for %g s and was refused (408).", self.bounds.seconds)
            self.refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
        elif self.cycle is not None and self.cycle.response_complete:
            self.transport.abort()


class BoundedHttpTools(Bounded, HttpToolsProtocol):
    """The fast one."""

    _part: Literal["", "head", "body"] = ""
    _before_head = 0  # bytes received before the data in which the head begins
    _before_data = 0

    def __init__(self, *arguments: Any, bounds: Bounds | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.bounds = bounds or self.bounds

    @property
    def receiving(self) -> Literal["", "head", "body"]:
        return self._part

    def data_received(self, data: bytes) -> None:
        self._before_data = self._received
        super().data_received(data)
        if self._part == "head" and self._received - self._before_head > self.bounds.head:
            self._refuse_head()

    def on_message_begin(self) -> None:
        self._part, self._before_head = "head", self._before_data
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        # Only what came in large pieces needs to be counted: there may be other things in the last one.
        if self._received - self._before_head > self.bounds.head:
            lines = sum(len(name) + len(value) + 4 for name, value in self.headers)
            if len(self.url) + lines > self.bounds.head:
                self._refuse_head()
                raise OverflowError  # the parser goes no further
        self._part = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._part = ""
        super().on_message_complete()

    def _refuse_head(self) -> None:
        _LOG.warning("The head of a request exceeds %d bytes and was refused (431).", self.bounds.head)
        self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too long.")
