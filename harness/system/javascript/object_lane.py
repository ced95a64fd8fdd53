"""The isolate that has a Worker's Durable Objects: it handles several events at a time."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from harness.system.javascript.lane import Counts, Lane
from harness.system.javascript.messages import Message, written
from harness.system.javascript.sockets import Connection
from worker.javascript import CF_HEADER


class Answer(NamedTuple):
    """What came of an ``event``: what our own module says of it, and its ``content``."""

    event: int
    told: Mapping[str, Any]
    content: bytes


class ObjectLane(Lane):
    """``answers`` came since they were looked at last."""

    answers: list[Answer]

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
        connection = self._connected(partial(self._taken, event))
        self.write(connection, written("POST / HTTP/1.1", headers, body))

    @property
    def is_idle(self) -> bool:
        """Whether nothing that was asked here waits for an answer."""
        return not any(one.held is not None for one in self.connections)

    def _taken(self, event: int, connection: Connection, message: Message) -> None:
        about = json.loads(message.header("understudy") or "{}")
        told = about.get("told", {"error": {"name": "Error", "message": _HUNG}})
        self.answers.append(Answer(event, told, message.body))
        self._answered_events += 1
        self.close(connection)

    def _has_begun(self, now: Counts) -> bool:
        return now.request == self.requests

    def _take_answer(self, now: Counts) -> None:
        self.pump(lambda: self._answered_events >= now.answered)


_HUNG = "workerd ended the event: the Durable Object waits for what never comes"
