"""A workerd whose isolates stand still whenever they wait for us: they compute while we wait for them.

Each lane is a service of its own with the same Worker: an isolate, a socket for requests, and services for
its KV, timers and fetches, whose header says which lane asks. All of it comes to one socket, where what is
asked is held until it is told an answer. `Lane.settle` gives an isolate the processor until it waits for us.
"""

import asyncio
import json
import selectors
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.system.deployment import NotSequential
from harness.system.javascript.configuration import LANE_HEADER, Bundle, configuration, main_module
from harness.system.javascript.messages import Message, Reader, written
from harness.system.javascript.process import Process
from kvstore.clock import stopwatch
from worker.config import WorkerConfig
from worker.javascript import CF_HEADER, DATE, WorkerdError

_ASKS: Final = '{"understudy": {"asks": true, "said": %s}}'
_COUNT, _HEARD = (
    written("GET / HTTP/1.1", {"Host": "understudy", CF_HEADER: _ASKS % said}) for said in ("false", "true")
)
_HERE: Final = Path(__file__).parent
# Bytes of modules that a workerd holds, and how often one is evaluated at most before it is replaced.
_MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_GENERATIONS: Final = 100
# A Worker that computes so long without asking or answering anything does not come to an end.
_COMPUTES_SECONDS: Final = 120
_IDLE_SECONDS: Final = 2.0
# When two rounds in a row change nothing although an answer was not taken in: it never will be.
_IDLE_ROUNDS: Final = 50


@dataclass(eq=False)
class Held:
    """What an isolate asked and waits for: ``message`` on its connection."""

    lane: "Lane"
    message: Message
    connection: "_Connection"

    @property
    def is_open(self) -> bool:
        """Whether the isolate still waits."""
        return self.connection.held is self

    @property
    def order(self) -> tuple[str, bytes]:
        """By this what is asked at once is put in order."""
        return self.message.first + str(self.message.headers), self.message.body

    def on_progress(self, first: str, headers: dict[str, str], body: bytes = b"") -> None:
        """Answer it, if it still waits."""
        if self.is_open:
            self.connection.held = None
            self.lane.told += 1
            self.lane.isolates.write(self.connection, written(first, headers, body))


@dataclass(eq=False)
class _Connection:
    socket: socket.socket
    take: Callable[["_Connection", Message], None]
    reader: Reader = field(default_factory=Reader)
    unsent: bytes = b""
    waits: bool = False
    used: float = 0.0
    held: Held | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """What an isolate says of its last request: how much it has asked, how many answers it has taken in,
    how many it waited for at a time, ``most``, how many promises of ``waitUntil`` it waits for, whether it
    has answered, and how much there is to hear: lines that were printed, and failures in the background.
    """

    request: int = 0
    started: int = 0
    done: int = 0
    most: int = 0
    waiting: int = 0
    answered: bool = False
    heard: int = 0


class Lane:
    """One isolate. ``fresh`` are what it asked since it was looked at last, ``answer`` what it answered."""

    def __init__(self, isolates: "Isolates", number: int) -> None:
        self.isolates = isolates
        self.number = number
        self.fresh: list[Held] = []
        self.told = self.asked = 0
        self.answer: Message | None = None
        self.broken = False
        self.is_busy = self.is_poisoned = False
        self.ended: asyncio.Future[None] | None = None
        self.counts = Counts()
        self.requests = 0
        self._asks: _Connection | None = None
        self._counts: tuple[_Connection | None, _Connection | None] = (None, None)
        self._said: Message | None = None
        self._request = b""

    def ask(
        self,
        first: str,
        headers: list[tuple[str, str]],
        body: bytes,
        about: dict[str, object],
        cf: Mapping[str, object],
    ) -> None:
        """Send a request, ``about`` it for our own module and ``cf`` for the Worker; what it comes to is
        there after `settle`.
        """
        self.answer, self.broken, self.told, self.asked = None, False, 0, 0
        self.counts = Counts()
        self.fresh.clear()
        self.requests += 1
        ours = {**about, "request": self.requests, "generation": self.isolates.generation}
        headers = [*headers, (CF_HEADER, json.dumps({**cf, "understudy": ours}))]
        self._request = written(first, headers, body, length=bool(body) or first[0] == "P")
        self._send()

    def _send(self) -> None:
        self._asks = self.isolates.usable(self._asks, self.number, self._answered)
        self.isolates.write(self._asks, self._request)

    def hang_up(self) -> None:
        """The client is gone: the platform ends what it waited for."""
        if self._asks is not None:
            self.isolates.close(self._asks)
            self._asks = None

    def _answered(self, connection: _Connection, message: Message) -> None:
        self.answer = message
        if message.header("connection") == "close":
            self.isolates.close(connection)

    def step(self) -> list[Held]:
        """As `settle`, for a Worker that does one thing after the other: it costs a fifth. What the Worker
        asks next, or answers, is all that it does.

        Raises NotSequential when that is not so, at the latest when the Worker answers.
        """
        self.isolates.pump(lambda: bool(self.fresh) or self.answer is not None or self._lost)
        self.broken = self._lost and self.answer is None
        if self.broken and self._asks is not None and self._count().request != self.requests:
            self._send()  # the connection was closed before the request came
            return self.step()
        if self.answer is not None:
            about = json.loads(self.answer.header("understudy") or "{}")
            if about.get("most", 0) > 1 or about.get("open") or about.get("waiting"):
                raise NotSequential
            self.counts = Counts(self.requests, heard=about.get("heard", 0))
        if len(self.fresh) > 1 or (self.fresh and self.answer is not None):
            raise NotSequential
        fresh, self.fresh = self.fresh, []
        return fresh

    def settle(self) -> list[Held]:
        """Wait until the isolate waits for us; returns what it asked meanwhile, in an order that is always
        the same.

        Twice it says the same of itself, and has taken in all answers: between the two it has come to the
        end of all that it can do without us, since it reads what we send only then. Raises WorkerdError.
        """
        before, rounds = None, 0
        while True:
            now = self._count()
            self.isolates.drain()
            if now.request != self.requests and self._asks is not None:
                if self._lost:
                    self._send()  # the connection was closed before the request came
                continue  # it has not even begun
            whole = not any(one.reader.partly for one in self.isolates.connections)
            if now.answered and self.answer is None and not self._lost:
                self.isolates.pump(lambda: self.answer is not None or self._lost)
            if now == before and whole:
                rounds += 1
                if (now.done >= self.told and self.asked >= now.started) or rounds >= _IDLE_ROUNDS:
                    break
            else:
                rounds = 0
            before = now
        self.counts = now
        self.broken = self._lost and self.answer is None
        fresh, self.fresh = sorted(self.fresh, key=lambda one: one.order), []
        return [one for one in fresh if one.is_open]

    @property
    def _lost(self) -> bool:
        return self._asks is None or not self._asks.is_open

    def _count(self) -> Counts:
        """Ask the isolate, on the connection that was not asked last: on the other workerd may look for more
        at once, before it has done what else there is to do. It looks at this one when it has nothing to do.
        """
        request, started, done, most, waiting, answered, heard = map(int, self._told(_COUNT).split())
        return Counts(request, started, done, most, waiting, bool(answered), heard)

    def heard(self) -> tuple[list[tuple[str, str]], list[str]]:
        """What the Worker printed since this was asked last, each line with its level, and the stacks of what
        failed in its background.
        """
        told = json.loads(self._told(_HEARD))
        return [(level, line) for level, line in told["said"]], told["failed"]

    def _told(self, question: bytes) -> bytes:
        last, other = self._counts
        self._said = None
        while self._said is None:
            last = self._asked(question, last)
        self._counts = (other, last)
        return self._said.body

    def _asked(self, question: bytes, last: _Connection | None) -> _Connection:
        """Ask, and wait for what is said, or for the connection to be closed."""
        counts = self.isolates.usable(last, self.number, self._says)
        self.isolates.write(counts, question)
        self.isolates.pump(lambda: self._said is not None or not counts.is_open)
        return counts

    def _says(self, connection: _Connection, message: Message) -> None:
        self._said = message


class Isolates:
    """A running workerd with the Worker in ``bundle``, as ``config`` binds it. Raises WorkerdError.

    ``generations`` is how often its module can be evaluated anew.
    """

    def __init__(self, program: Path, config: WorkerConfig, bundle: Bundle, lanes: int) -> None:
        self.generation = 0
        self.generations = max(2, min(_MOST_GENERATIONS, _MOST_BYTES // (bundle.size * lanes + 1)))
        self.lanes = [Lane(self, number) for number in range(lanes)]
        self.connections: set[_Connection] = set()
        self._selector = selectors.DefaultSelector()
        self.folder = Path(tempfile.mkdtemp(prefix="understudy-"))
        self._listener = socket.socket(socket.AF_UNIX)
        try:
            self._listener.bind(str(self.folder / "server"))
            self._listener.listen(256)
            self._listener.setblocking(False)
            self._selector.register(self._listener, selectors.EVENT_READ)
            for module in (_HERE / "prelude.mjs", _HERE / "entry.mjs", _HERE / "objects.mjs", DATE):
                shutil.copyfile(module, self.folder / module.name)
            (self.folder / "main.mjs").write_text(main_module(config))
            bundle.write(self.folder)
            (self.folder / "config.capnp").write_text(
                configuration(self.folder, config, bundle, self.generations, lanes)
            )
            self._process = Process(program, self.folder, len(self.lanes))
        except BaseException:
            self.stop()
            raise

    def said(self) -> str:
        """What workerd printed."""
        return self._process.said()

    def stop(self) -> None:
        """End workerd, and leave nothing of it."""
        for connection in list(self.connections):
            self.close(connection)
        self._selector.close()
        self._listener.close()
        if hasattr(self, "_process"):
            self._process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def usable(
        self, connection: _Connection | None, lane: int, take: Callable[[_Connection, Message], None]
    ) -> _Connection:
        """``connection``, or a new one where workerd has closed it, or may be about to: it does so to one
        that is idle for five seconds.
        """
        now = stopwatch()
        if connection is not None and connection.is_open and now - connection.used > _IDLE_SECONDS:
            self.close(connection)
        if connection is None or not connection.is_open:
            connection = self.connected(lane, take)
        connection.used = now
        return connection

    def connected(self, lane: int, take: Callable[[_Connection, Message], None]) -> _Connection:
        """A connection to the socket of a lane."""
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(self.folder / f"lane-{lane}"))
        except OSError as error:
            made.close()
            raise WorkerdError(f"workerd is gone: {error.strerror}\n{self.said()}") from error
        return self._add(made, take)

    def _add(self, made: socket.socket, take: Callable[[_Connection, Message], None]) -> _Connection:
        made.setblocking(False)
        connection = _Connection(made, take)
        self.connections.add(connection)
        self._selector.register(made, selectors.EVENT_READ, connection)
        return connection

    def close(self, connection: _Connection) -> None:
        if connection.is_open:
            connection.is_open, connection.held = False, None
            self.connections.discard(connection)
            self._selector.unregister(connection.socket)
            connection.socket.close()

    def write(self, connection: _Connection, data: bytes) -> None:
        """Send, now or as soon as the other side reads."""
        connection.unsent += data
        self._send(connection)

    def _send(self, connection: _Connection) -> None:
        try:
            sent = connection.socket.send(connection.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close(connection)
            return
        waited, connection.unsent = connection.waits, connection.unsent[sent:]
        connection.waits = bool(connection.unsent)
        if waited != connection.waits:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.waits else 0)
            self._selector.modify(connection.socket, events, connection)

    def pump(self, until: Callable[[], bool]) -> None:
        """Take in what comes until ``until``. Raises WorkerdError when nothing comes."""
        while not until():
            if not self._turn(_COMPUTES_SECONDS):
                raise WorkerdError(f"the Worker computes for more than {_COMPUTES_SECONDS} s")

    def drain(self) -> None:
        """Take in what has come."""
        while self._turn(0):
            pass

    def _turn(self, seconds: float) -> bool:
        ready = self._selector.select(seconds)
        for key, events in ready:
            if key.fileobj is self._listener:
                self._accept()
            elif key.data.is_open:
                if events & selectors.EVENT_WRITE:
                    self._send(key.data)
                if events & selectors.EVENT_READ and key.data.is_open:
                    self._read(key.data)
        return bool(ready)

    def _accept(self) -> None:
        try:
            made, _ = self._listener.accept()
        except BlockingIOError:
            return
        self._add(made, self._held)

    def _read(self, connection: _Connection) -> None:
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

    def _held(self, connection: _Connection, message: Message) -> None:
        lane = self.lanes[int(message.header(LANE_HEADER) or 0)]
        connection.held = Held(lane, message, connection)
        lane.fresh.append(connection.held)
        lane.asked += 1
