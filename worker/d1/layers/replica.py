"""Read replication: in every location a copy of the database that is some time behind the primary.

A call that may write goes to the primary, and so does every call without a session. In a session a call that
reads is answered by the location's copy, unless that is older than the session's bookmark: then the primary
answers. So a session sees its own writes, and never goes back in time; two sessions may.
Source: https://developers.cloudflare.com/d1/best-practices/read-replication/
"""

from collections.abc import Iterable
from typing import NamedTuple

from kvstore.clock import Clock
from worker.d1.database import Database
from worker.d1.limits import LIMITS
from worker.d1.service import FIRST_PRIMARY, FIRST_UNCONSTRAINED, Answer, Ask, Query
from worker.d1.statements import look_at


class Moment(NamedTuple):
    """What the database was from ``at`` on, in milliseconds since the epoch."""

    at: int
    bookmark: str
    content: bytes


class Primary:
    """A Service around ``database`` that remembers what it was, for replicas ``lag_ms`` behind it."""

    def __init__(self, database: Database, clock: Clock, lag_ms: int) -> None:
        self.clock = clock
        self.database = database
        self._lag_ms = lag_ms
        self._moments: list[Moment] = []
        self.arrive()

    async def __call__(self, ask: Ask) -> Answer:
        return self.answer(ask)

    def answer(self, ask: Ask) -> Answer:
        """As calling it, without waiting for anything."""
        answer = self.database.answer(ask)
        self._follow()
        return _served(answer, by_primary=True)

    def arrive(self) -> None:
        """Let every replica have what is there now."""
        self._moments = [self._moment(self.clock.now_ms() - self._lag_ms)]

    def _follow(self) -> None:
        """Send what has changed on its way to the replicas, and forget what they no longer need."""
        if self.database.state != self._state:
            self._moments.append(self._moment(self.clock.now_ms()))
        seen = self.clock.now_ms() - self._lag_ms
        while len(self._moments) > 1 and self._moments[1].at <= seen:
            self._moments.pop(0)

    def _moment(self, at: int) -> Moment:
        self._state = self.database.state
        return Moment(at, self.database.bookmark, self.database.snapshot())

    def copied(self) -> Moment:
        """What has come to the replicas by now."""
        self._follow()  # other programs write to a database in a file
        return self._moments[0]


class Replica:
    """One location's way to the database: a Service. ``copy`` is what becomes a copy, in memory."""

    def __init__(self, primary: Primary, copy: Database | None = None) -> None:
        self._primary = primary
        self._copy = copy or Database()
        self._seen: Moment | None = None

    async def __call__(self, ask: Ask) -> Answer:
        return self.answer(ask)

    def answer(self, ask: Ask) -> Answer:
        """As calling it, without waiting for anything."""
        moment = self._primary.copied()
        if ask.token == FIRST_PRIMARY or not only_reads(ask.queries):
            return self._primary.answer(ask)
        if ask.token != FIRST_UNCONSTRAINED and moment.bookmark < ask.token:
            return self._primary.answer(ask)
        if moment is not self._seen:
            self._copy.load(moment.content)
            self._seen = moment
        answer = self._copy.answer(ask)
        answer.bookmark = answer.bookmark and moment.bookmark
        return _served(answer, by_primary=False)

    def close(self) -> None:
        self._copy.close()


def only_reads(queries: Iterable[Query]) -> bool:
    """Whether they do, as far as the text tells; one that is too long is the primary's to refuse."""
    return all(
        isinstance(query.sql, str)
        and len(query.sql) * 3 <= LIMITS.statement_size
        and look_at(query.sql, LIMITS.statement_size).only_reads
        for query in queries
    )


def _served(answer: Answer, *, by_primary: bool) -> Answer:
    for result in answer.body if isinstance(answer.body, list) else ():
        result["meta"]["served_by_primary"] = by_primary
    return answer
