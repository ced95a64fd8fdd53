"""A layer that records what was asked of a database, and what came of it."""

from dataclasses import dataclass
from typing import Any

from kvstore.clock import Clock
from kvstore.layers.invocation import Invocations
from worker.d1.service import Answer, Ask, Query, Service


@dataclass(slots=True)
class D1Event:
    """One call, after it ended.

    ``at`` is in milliseconds since the UNIX epoch; ``invocation`` names the request in which it happened, ""
    outside of one. ``changes`` are those of every statement, none when the call failed; ``error`` is why.
    """

    index: int
    at: int
    invocation: str
    queries: tuple[Query, ...]
    changes: tuple[int, ...] = ()
    error: str | None = None


class D1Journal:
    """A Service around ``service`` that appends a D1Event to ``events`` for every call, in order."""

    def __init__(
        self,
        service: Service,
        clock: Clock,
        invocations: Invocations | None = None,
        events: list[D1Event] | None = None,
    ) -> None:
        self._service = service
        self._clock = clock
        self._invocations = invocations or Invocations()
        self.events: list[D1Event] = [] if events is None else events

    async def __call__(self, ask: Ask) -> Answer:
        why: str | None = None
        changes: tuple[int, ...] = ()
        try:
            answer = await self._service(ask)
            why = _error(answer.body)
            if why is None:
                changes = tuple(result["meta"]["changes"] for result in answer.body)
            return answer
        except BaseException as error:
            why = str(error) or type(error).__name__
            raise
        finally:
            at, name = self._clock.now_ms(), self._invocations.current().name
            event = D1Event(len(self.events), at, name, tuple(ask.queries), changes, why)
            self.events.append(event)


def _error(body: Any) -> str | None:
    if isinstance(body, list):
        return None
    return str(body["error"]) if isinstance(body, dict) else bytes(body).decode("utf-8", "replace")
