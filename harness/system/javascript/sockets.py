"""Unix sockets that are listened on or connected to, and the HTTP messages that arrive on them."""

import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.system.javascript.messages import Frames, Message, Reader
from worker.javascript import WorkerdError

# A Worker that computes so long without asking or answering anything does not come to an end.
_COMPUTES_SECONDS: Final = 120


@dataclass(eq=False)
class Connection:
    socket: socket.socket
    take: Callable[["Connection", Message], None]
    reader: Reader | Frames = field(default_factory=Reader)
    unsent: bytes = b""
    waits: bool = False
    used: float = 0.0
    held: Any = None  # what was asked on it and is not answered
    is_open: bool = True


@dataclass(eq=False)
class _Listener:
    socket: socket.socket
    take: Callable[[Connection, Message], None]


class Sockets:
    """``connections`` are those that are open."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self._listeners: list[_Listener] = []
        self._poll = select.poll()
        self._ends: dict[int, Connection | _Listener] = {}

    def listen(self, path: Path, take: Callable[[Connection, Message], None]) -> None:
        """Messages on every connection to ``path`` go to ``take``."""
        listener = _Listener(socket.socket(socket.AF_UNIX), take)
        self._listeners.append(listener)
        listener.socket.bind(str(path))
        # A Worker may begin all operations of a request at once, each on a connection of its own: where no
        # room is left for one, workerd answers it with an internal error.
        listener.socket.listen(socket.SOMAXCONN)
        listener.socket.setblocking(False)
        self._watch(listener.socket, listener)

    def close_all(self) -> None:
        """Close what is open, and listen no more."""
        for connection in list(self.connections):
            self.close(connection)
        for listener in self._listeners:
            listener.socket.close()

    def _watch(self, made: socket.socket, end: Connection | _Listener) -> None:
        self._ends[made.fileno()] = end
        self._poll.register(made, select.POLLIN)

    def add(self, made: socket.socket, take: Callable[[Connection, Message], None]) -> Connection:
        """Messages on a socket that is connected already go to ``take``."""
        made.setblocking(False)
        connection = Connection(made, take)
        self.connections.add(connection)
        self._watch(made, connection)
        return connection

    def close(self, connection: Connection) -> None:
        if connection.is_open:
            connection.is_open, connection.held = False, None
            self.connections.discard(connection)
            self._poll.unregister(connection.socket)
            del self._ends[connection.socket.fileno()]
            connection.socket.close()

    def write(self, connection: Connection, data: bytes) -> None:
        """Send, now or as soon as the other side reads."""
        connection.unsent += data
        self._send(connection)

    def _send(self, connection: Connection) -> None:
        try:
            sent = connection.socket.send(connection.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close(connection)
            return
        connection.unsent = connection.unsent[sent:]
        if bool(connection.unsent) != connection.waits:
            connection.waits = not connection.waits
            events = select.POLLIN | (select.POLLOUT if connection.waits else 0)
            self._poll.modify(connection.socket, events)

    def pump(self, until: Callable[[], bool]) -> None:
        """Take in what comes until ``until``. Raises WorkerdError when nothing comes."""
        while not until():
            self.take_in()

    def take_in(self) -> None:
        """Take in what comes next. Raises WorkerdError when nothing comes."""
        if not self._turn(_COMPUTES_SECONDS * 1000):
            raise WorkerdError(f"the Worker computes for more than {_COMPUTES_SECONDS} s")

    def drain(self) -> None:
        """Take in what has come."""
        while self._turn(0):
            pass

    def _turn(self, milliseconds: int) -> bool:
        ready = self._poll.poll(milliseconds)
        for number, events in ready:
            end = self._ends.get(number)
            if isinstance(end, _Listener):
                self._accept(end)
            elif end is not None:
                if events & select.POLLOUT:
                    self._send(end)
                if events != select.POLLOUT and end.is_open:
                    self._read(end)
        return bool(ready)

    def _accept(self, listener: _Listener) -> None:
        try:
            made, _ = listener.socket.accept()
        except BlockingIOError:
            return
        self.add(made, listener.take)

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close(connection)
            return
        for message in connection.reader.feed(data):
            connection.take(connection, message)
