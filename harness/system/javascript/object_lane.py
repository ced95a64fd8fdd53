"""The isolate that has a Worker's Durable Objects: it handles several events at a time."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from harness.system.deployment import NotSequential
from harness.system.javascript.lane import Counts, Held, Lane
from harness.system.javascript.messages import Message, written
from harness.system.javascript.sockets import Connection
from worker.javascript import CF_HEADER

# So long an event that goes on alone is waited for, before the isolate is asked whether it is at rest.
_PATIENCE_MS: Final = 50


class Answer(NamedTuple):
    """What came of an ``event``: what our own module says of it, and its ``content``; ``is_sequential`` where
    it never waited for two things, nor left anything.
    """

    event: int
    told: Mapping[str, Any]
    content: bytes
    is_sequential: bool


class ObjectLane(Lane):
    """``answers`` came since they were looked at last."""

    answers: list[Answer]
    # On which the last event was sent, and what; and one that is free.
    _sent: Connection
    _event: bytes
    _spare: Connection | None = None

    def begin(self) -> None:
        """A new simulation begins."""
        self.told = self.asked = self._answered_events = 0
        self.answers = []
        self.fresh.clear()

    def deliver(self, event: int, about: Mapping[str, object], body: bytes) -> None:
        """Send an event, ``about`` it for our own module; what it comes to is there after `settle`."""
        self.requests += 1
        ours = {**about, "request": self.requests, "generation": self.generation}
        headers = [("Host", "understudy"), (CF_HEADER, json.dumps({"understudy": ours}))]
        self._event, self._take = written("POST / HTTP/1.1", headers, body), partial(self._taken, event)
        self._send_event()

    def _send_event(self) -> None:
        self._sent, self._spare = self._usable(self._spare, self._take), None
        self._sent.take = self._take
        self.write(self._sent, self._event)

    def step(self) -> list[Held]:
        """As `settle`, for an event that goes on alone and does one thing after the other: what it asks next
        is all that it does. When it answers, the isolate is asked what else it does.

        Raises NotSequential when that is not so, at the latest when the event is answered.
        """
        while not self.fresh and not self.answers:
            if not self._turn(_PATIENCE_MS):
                break
        if len(self.fresh) == 1 and not self.answers:
            fresh, self.fresh = self.fresh, []
            return fresh
        asked = self.settle()
        if len(asked) + len(self.answers) > 1 or not all(one.is_sequential for one in self.answers):
            raise NotSequential
        return asked

    @property
    def is_idle(self) -> bool:
        """Whether nothing that was asked here waits for an answer."""
        return not any(one.held is not None for one in self.connections)

    def _taken(self, event: int, connection: Connection, message: Message) -> None:
        about = json.loads(message.header("understudy") or "{}")
        told = about.get("told", {"error": {"name": "Error", "message": _HUNG}})
        is_sequential = not told.get("left") and about.get("left", (0,))[0] <= 1
        self.answers.append(Answer(event, told, message.body, is_sequential))
        self._answered_events += 1
        if self._spare is None and message.header("connection") != "close":
            self._spare = connection
        else:
            self.close(connection)

    def _has_begun(self, now: Counts) -> bool:
        if now.request != self.requests and not self._sent.is_open:
            self._send_event()  # the connection was closed before the event came
        return now.request == self.requests

    def _take_answer(self, now: Counts) -> None:
        self.pump(lambda: self._answered_events >= now.answered)


_HUNG = "workerd ended the event: the Durable Object waits for what never comes"
