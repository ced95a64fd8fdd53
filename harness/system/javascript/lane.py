"""One isolate of a workerd: it stands still whenever it waits for us, and computes while we wait for it."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.system.deployment import NotSequential
from harness.system.javascript.messages import Frames, Message, framed, written
from harness.system.javascript.sockets import Connection, Sockets
from kvstore.clock import stopwatch
from worker.javascript import CF_HEADER, WorkerdError

_COUNT, _HEARD = framed(b""), framed(b"said")
_ASKS: Final = written(
    "GET / HTTP/1.1",
    {
        "Host": "understudy",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dW5kZXJzdHVkeSBhc2tzLg==",
        CF_HEADER: '{"understudy": {"asks": true}}',
    },
    length=False,
)
_IDLE_SECONDS: Final = 2.0
# When two rounds in a row change nothing although an answer was not taken in: it never will be.
_IDLE_ROUNDS: Final = 50


@dataclass(eq=False)
class Held:
    """What an isolate asked by ``binding`` and waits for: ``message`` on its connection.

    ``event`` says which of the events of Durable Objects that go on at once asked it.
    """

    lane: "Lane"
    binding: str
    event: int
    message: Message
    connection: Connection

    @property
    def is_open(self) -> bool:
        """Whether the isolate still waits."""
        return self.connection.held is self

    @property
    def order(self) -> tuple[str, bytes]:
        """By this what is asked at once is put in order."""
        return f"{self.event} {self.binding}" + self.message.first + self.message.lines, self.message.body

    def tell(self, answer: bytes) -> None:
        """Answer it, if it still waits."""
        connection = self.connection
        if connection.held is self:
            connection.held = None
            self.lane.told += 1
            self.lane.write(connection, answer)


@dataclass(frozen=True, slots=True)
class Counts:
    """What an isolate says of its last request: how much it has asked, how many answers it has taken in,
    how many it waited for at a time, ``most``, how many promises of ``waitUntil`` it waits for, how often it
    has answered, and how much there is to hear: lines that were printed, and failures in the background.
    """

    request: int = 0
    started: int = 0
    done: int = 0
    most: int = 0
    waiting: int = 0
    answered: int = 0
    heard: int = 0


class Lane(Sockets):
    """One isolate. ``fresh`` are what it asked since it was looked at last, ``answer`` what it answered.

    It listens at ``address``; ``said`` is what workerd printed.
    It polls its own sockets only: with one poll for all isolates each wait would check those of the others.
    """

    def __init__(self, address: Path, said: Callable[[], str]) -> None:
        super().__init__()
        self.generation = 0
        self._address = address
        self._workerd_said = said
        self.fresh: list[Held] = []
        self.told = self.asked = 0
        self.answer: Message | None = None
        self.about: dict[str, Any] = {}  # what our own module says with the answer
        self.broken = False
        self.is_busy = self.is_poisoned = False
        self.ended: asyncio.Future[None] | None = None
        self.counts = Counts()
        self.requests = 0
        self._asks: Connection | None = None
        self._counts: tuple[Connection | None, Connection | None] = (None, None)
        self._said: Message | None = None
        self._request = b""

    def hold(self, binding: str, event: int, connection: Connection, message: Message) -> None:
        """What the isolate asks by a ``binding``, for an ``event``, waits for an answer."""
        connection.held = Held(self, binding, event, message, connection)
        self.fresh.append(connection.held)
        self.asked += 1

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
        ours = {**about, "request": self.requests, "generation": self.generation}
        headers = [*headers, (CF_HEADER, json.dumps({**cf, "understudy": ours}))]
        self._request = written(first, headers, body, length=bool(body) or first[0] == "P")
        self._send_request()

    def _send_request(self) -> None:
        self._asks = self._usable(self._asks, self._answered)
        self.write(self._asks, self._request)

    def hang_up(self) -> None:
        """The client is gone: the platform ends what it waited for."""
        if self._asks is not None:
            self.close(self._asks)
            self._asks = None

    def _answered(self, connection: Connection, message: Message) -> None:
        self.answer = message
        self.about = json.loads(message.header("understudy") or "{}")
        if message.header("connection") == "close":
            self.close(connection)

    def step(self) -> list[Held]:
        """As `settle`, for a Worker that does one thing after the other: it costs a fifth. What the Worker
        asks next, or answers, is all that it does.

        Raises NotSequential when that is not so, at the latest when the Worker answers.
        """
        while not self.fresh and self.answer is None and not self._lost:
            self.take_in()
        if self.answer is None and len(self.fresh) == 1:
            fresh, self.fresh = self.fresh, []
            return fresh
        self.broken = self._lost and self.answer is None
        if self.broken and self._asks is not None and self._count().request != self.requests:
            self._send_request()  # the connection was closed before the request came
            return self.step()
        if self.answer is not None:
            most, unfinished, waiting, heard = self.about.get("left", (0, 0, 0, 0))
            if most > 1 or unfinished or waiting:
                raise NotSequential
            self.counts = Counts(self.requests, heard=heard)
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
            self.drain()
            if not self._has_begun(now):
                continue
            whole = not any(one.reader.partly for one in self.connections)
            self._take_answer(now)
            if now == before and whole:
                rounds += 1
                if (now.done >= self.told and self.asked >= now.started) or rounds >= _IDLE_ROUNDS:
                    break
            else:
                rounds = 0
            before = now
        self.counts = now
        self.broken = self._lost and self.answer is None
        return self._looked_at()

    def _has_begun(self, now: Counts) -> bool:
        """Whether the isolate has begun with what it was sent last."""
        if now.request == self.requests or self._asks is None:
            return True
        if self._lost:
            self._send_request()  # the connection was closed before the request came
        return False

    def _take_answer(self, now: Counts) -> None:
        """Wait for what the isolate has answered."""
        if now.answered and self.answer is None and not self._lost:
            self.pump(lambda: self.answer is not None or self._lost)

    def _looked_at(self) -> list[Held]:
        fresh, self.fresh = sorted(self.fresh, key=lambda one: one.order), []
        return [one for one in fresh if one.is_open]

    @property
    def _lost(self) -> bool:
        return self._asks is None or not self._asks.is_open

    def _count(self) -> Counts:
        """Ask the isolate, on the connection that was not asked last: on the other workerd may look for more
        at once, before it has done what else there is to do. It looks at this one when it has nothing to do.
        """
        return Counts(*map(int, self._told(_COUNT).split()))

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

    def _asked(self, question: bytes, last: Connection | None) -> Connection:
        """Ask, and wait for what is said, or for the connection to be closed."""
        counts = last if last is not None and last.is_open else self._asking()
        self.write(counts, question)
        self.pump(lambda: self._said is not None or not counts.is_open)
        return counts

    def _asking(self) -> Connection:
        """A new connection to ask on, a WebSocket: a question costs a fifth of what a request does."""
        made = self._connected(self._says)
        self.write(made, _ASKS)
        self.pump(lambda: self._said is not None or not made.is_open)
        made.reader, self._said = Frames(), None
        return made

    def _says(self, connection: Connection, message: Message) -> None:
        self._said = message

    def _usable(
        self, connection: Connection | None, take: Callable[[Connection, Message], None]
    ) -> Connection:
        """``connection``, or a new one where workerd has closed it, or may be about to: it does so to one
        that is idle for five seconds.
        """
        now = stopwatch()
        if connection is not None and connection.is_open and now - connection.used > _IDLE_SECONDS:
            self.close(connection)
        if connection is None or not connection.is_open:
            connection = self._connected(take)
        connection.used = now
        return connection

    def _connected(self, take: Callable[[Connection, Message], None]) -> Connection:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(self._address))
        except OSError as error:
            made.close()
            text = f"workerd is gone: {error.strerror}. {self._workerd_said()}"
            raise WorkerdError(text.rstrip(" ")) from error
        return self.add(made, take)
