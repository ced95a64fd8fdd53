"""A layer that refuses every call once the rows of a day are used up, as the free plan does.

A call is carried out whole, and what it read and wrote is counted then: the one that goes beyond the day's
rows is the last that succeeds, until 00:00 UTC. Which calls fail where only the rows to write are used up is
not published; "you will not be able to run queries against D1" says all. Source:
https://developers.cloudflare.com/d1/reference/faq/, and the texts worker/d1/messages.py.
"""

from kvstore.clock import Clock
from kvstore.layers.quotas import DAY_MS, Allowance, Ledger
from worker.d1 import messages
from worker.d1.errors import QueryError
from worker.d1.service import Answer, Ask, Service


class D1Quotas:
    """A Service around ``service`` that enforces what ``allowance`` has of rows for a day.

    ``ledger`` has the rows of today, those of all databases together. Raises QueryError.
    """

    def __init__(self, service: Service, clock: Clock, allowance: Allowance, ledger: Ledger) -> None:
        self._service = service
        self._clock = clock
        self._ledger = ledger
        self._days = (
            ("rows_read", allowance.rows_read_per_day, messages.READS_OF_DAY),
            ("rows_written", allowance.rows_written_per_day, messages.WRITES_OF_DAY),
        )

    async def __call__(self, ask: Ask) -> Answer:
        today = self._clock.now_ms() // DAY_MS
        if today != self._ledger.day:
            self._ledger.begin(today)
        spent = self._ledger.spent
        for kind, per_day, text in self._days:
            if per_day is not None and spent.get(kind, 0) >= per_day:
                raise QueryError(text, "daily-quota")
        answer = await self._service(ask)
        if isinstance(answer.body, list):
            for kind, _, _ in self._days:
                used = sum(result["meta"][kind] for result in answer.body)
                self._ledger.spent[kind] = self._ledger.spent.get(kind, 0) + used
        return answer
