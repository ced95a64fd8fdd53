"""A layer in which every call travels to the database and back, and may not arrive.

What is planned, counted and done to a call is what `kvstore.layers.transit` does to an operation of KV; an
invocation's calls of both are counted together. The texts are those of the product's list of D1's errors.
"""

from collections.abc import Callable
from math import inf
from typing import Final

from kvstore.clock import Clock
from kvstore.faults import FaultKind
from kvstore.layers.invocation import Invocations
from kvstore.layers.transit import Travel, Trip
from kvstore.messages import TOO_MANY_OPERATIONS
from worker.d1 import messages
from worker.d1.errors import DatabaseReset, QueryError
from worker.d1.service import Answer, Ask, Endpoint, Service, failed

# By the kind of fault; all others are a connection that was lost.
_TEXTS: Final = {
    "refused": messages.OVERLOADED,
    "outage": messages.TOO_MANY_QUEUED,
    "timeout": messages.TIMED_OUT,
}

Plan = Callable[[str, int, Endpoint, str], Trip]


class D1Transit(Travel):
    """A Service around ``service``. ``plan`` is asked with invocation, ordinal (from 1), endpoint and SQL.

    ``queries`` is how many calls of D1 an invocation may make, None for as many as it may make of anything.
    """

    def __init__(
        self,
        service: Service,
        clock: Clock,
        plan: Plan,
        invocations: Invocations,
        queries: int | None = None,
    ) -> None:
        super().__init__(clock, plan, invocations)
        self._service = service
        self._most = inf if queries is None else queries
        # The invocations that were refused something, by a fault or for what they may ask.
        self.refused: set[str] = set()

    async def __call__(self, ask: Ask) -> Answer:
        text = "; ".join(str(query.sql) for query in ask.queries)
        try:
            return await self._around(ask.endpoint, text, self._asked, ask)
        except QueryError as error:
            self.refused.add(self.invocations.current().name)
            return failed(str(error), error.code)

    async def _asked(self, ask: Ask) -> Answer:
        invocation = self.invocations.current()
        invocation.queries += 1
        if invocation.name and invocation.queries > self._most:
            raise self.too_many()
        return await self._service(ask)

    def refusal(self, verb: Endpoint, fault: FaultKind) -> Exception:
        return QueryError(_TEXTS.get(fault.name, messages.CONNECTION_LOST))

    def too_many(self) -> Exception:
        self.refused.add(self.invocations.current().name)
        return DatabaseReset(TOO_MANY_OPERATIONS)
