"""Quotas: a layer that refuses what production refuses for how much or how often it is asked.

Sources: the product's limits and pricing pages (2026-04-21), the Workers limits page (2026-07-28), and error
texts seen in production.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kvstore import messages
from kvstore.layers.layer import Layer
from kvstore.store import Entry, Page, Store

DAY_MS: Final = 86_400_000
SECOND_MS: Final = 1000
CONNECTIONS: Final = 6


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is allowed; None is no limit.

    ``operations`` per invocation, of all namespaces together, a bulk get counting as one (50, 1,000 or
    10,000 in practice); ``connections`` at a time per invocation; ``write_interval_ms`` between two writes of
    one key; the rest per day, which begins at 00:00 UTC. Whether a delete counts as a write of its key is not
    documented: ``deletes_are_writes``.
    """

    operations: int | None = None
    connections: int | None = None
    write_interval_ms: int | None = None
    deletes_are_writes: bool = False
    reads_per_day: int | None = None
    writes_per_day: int | None = None
    deletes_per_day: int | None = None
    lists_per_day: int | None = None


UNLIMITED: Final = Allowance()
FREE_PLAN: Final = Allowance(
    operations=1000,
    connections=CONNECTIONS,
    write_interval_ms=SECOND_MS,
    reads_per_day=100_000,
    writes_per_day=1000,
    deletes_per_day=1000,
    lists_per_day=1000,
)
PAID_PLAN: Final = Allowance(operations=10_000, connections=CONNECTIONS, write_interval_ms=SECOND_MS)


@dataclass
class Ledger:
    """What was used so far: ``spent`` today by method, ``written`` when each key was written last (ms)."""

    day: int = -1
    spent: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)


class Quotas(Layer):
    """A store around ``store`` that enforces what ``allowance`` has for a day and for a key.

    It refuses as soon as it is asked; what an invocation is allowed, Transit knows. ``ledger``
    counts today's operations by method, for a report; a bulk get counts one read for every key. Locations of
    one namespace share it.
    """

    def __init__(self, store: Store, allowance: Allowance, ledger: Ledger | None = None) -> None:
        super().__init__(store)
        self.allowance = allowance
        self.ledger = ledger or Ledger()

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        self._spend("get", self.allowance.reads_per_day)
        return self.store.get(key, cache_ttl)

    def get_many(
        self, keys: Sequence[str], cache_ttl: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Entry]]:
        self._spend("get", self.allowance.reads_per_day, len(keys))
        return self.store.get_many(keys, cache_ttl)

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        self._spend("put", self.allowance.writes_per_day)
        self._pace(key, "PUT")
        return self.store.put(key, entry)

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        self._spend("delete", self.allowance.deletes_per_day)
        if self.allowance.deletes_are_writes:
            self._pace(key, "DELETE")
        return self.store.delete(key)

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        self._spend("list", self.allowance.lists_per_day)
        return self.store.scan(prefix, after, limit)

    def _spend(self, method: str, per_day: int | None, amount: int = 1) -> None:
        ledger, today = self.ledger, self.clock.now_ms() // DAY_MS
        if today != ledger.day:
            ledger.day = today
            ledger.spent.clear()
        spent = ledger.spent.get(method, 0) + amount
        if per_day is not None and spent > per_day:
            raise messages.day_is_over(method)
        ledger.spent[method] = spent

    def _pace(self, key: str, verb: messages.Verb) -> None:
        interval = self.allowance.write_interval_ms
        if interval is None:
            return
        now, last = self.clock.now_ms(), self.ledger.written.get(key)
        if last is not None and now - last < interval:
            raise messages.too_many_writes(verb)
        self.ledger.written[key] = now
