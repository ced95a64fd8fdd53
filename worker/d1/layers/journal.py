"""A layer that records what was asked of a database, and what came of it."""

from dataclasses import dataclass
from typing import Any

from kvstore.clock import Clock
from kvstore.layers.invocation import Invocations
from worker.d1.service import Answer, Ask, Query, Service


@dataclass(slots=True)
class D1Event:
    """One call of the ``database``, after it ended.

    ``began`` and ``at``, its end, are in milliseconds since the UNIX epoch; ``invocation`` names the request
    in which it happened, "" outside of one, and it is the ``ordinal``-th (from 1) of what that asked.
    ``changes`` are those of every statement, none when the call failed; ``error`` is why, and ``code`` the
    rule by which the platform refused it, "" for none. ``rows_read`` and
    ``rows_written`` are what the call is billed by.
    """

    index: int
    at: int
    invocation: str
    queries: tuple[Query, ...]
    changes: tuple[int, ...] = ()
    error: str | None = None
    database: str = ""
    began: int = 0
    ordinal: int = 0
    rows_read: int = 0
    rows_written: int = 0
    code: str = ""


class D1Journal:
    """A Service around ``service`` that appends a D1Event to ``events`` for every call, in order."""

    def __init__(
        self,
        service: Service,
        clock: Clock,
        invocations: Invocations | None = None,
        events: list[D1Event] | None = None,
        database: str = "",
    ) -> None:
        self._service = service
        self._clock = clock
        self._invocations = invocations or Invocations()
        self._database = database
        self.events: list[D1Event] = [] if events is None else events

    async def __call__(self, ask: Ask) -> Answer:
        why: str | None = None
        code = ""
        meta: list[dict[str, Any]] = []
        invocation, began = self._invocations.current(), self._clock.now_ms()
        ordinal = invocation.operations + 1
        try:
            answer = await self._service(ask)
            why, code = _error(answer.body), answer.code
            if why is None:
                meta = [result["meta"] for result in answer.body]
            return answer
        except BaseException as error:
            why = str(error) or type(error).__name__
            raise
        finally:
            self.events.append(
                D1Event(
                    len(self.events),
                    self._clock.now_ms(),
                    invocation.name,
                    tuple(ask.queries),
                    tuple(one["changes"] for one in meta),
                    why,
                    self._database,
                    began,
                    ordinal,
                    sum(one["rows_read"] for one in meta),
                    sum(one["rows_written"] for one in meta),
                    code,
                )
            )


def _error(body: Any) -> str | None:
    if isinstance(body, list):
        return None
    return str(body["error"]) if isinstance(body, dict) else bytes(body).decode("utf-8", "replace")
