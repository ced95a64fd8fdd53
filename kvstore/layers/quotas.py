"""Quotas: a layer that refuses what production refuses for how much or how often it is asked.

The numbers and where they are from: `kvstore.figures`. The error texts were seen in production.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from kvstore import messages
from kvstore.figures import whole
from kvstore.layers.layer import Layer
from kvstore.store import Entry, Page, Store

DAY_MS: Final = 86_400_000

# What becomes of a write that comes too soon after another of its key: a 429, or it is confirmed and lost.
WriteRate = Literal["refused", "lost"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is allowed; None is no limit.

    ``operations`` per invocation, of all namespaces together, a bulk get counting as one, and
    ``queries``, those of D1 among them; ``connections`` at a time per invocation; ``write_interval_ms``
    between two writes of one key, or of one namespace, as ``writes_of`` says, and what becomes of one that
    comes sooner: ``write_rate``; the rest per day, which begins at 00:00 UTC. Whether a delete counts as a
    write of its key is not documented: ``deletes_are_writes``.
    """

    operations: int | None = None
    connections: int | None = None
    write_interval_ms: int | None = None
    write_rate: WriteRate = "refused"
    writes_of: Literal["key", "namespace"] = "key"
    deletes_are_writes: bool = False
    reads_per_day: int | None = None
    writes_per_day: int | None = None
    deletes_per_day: int | None = None
    lists_per_day: int | None = None
    queries: int | None = None
    rows_read_per_day: int | None = None
    rows_written_per_day: int | None = None


UNLIMITED: Final = Allowance()
PAID_PLAN: Final = Allowance(
    operations=whole("kv.operations"),
    connections=whole("kv.connections"),
    write_interval_ms=whole("kv.write_interval_ms"),
    queries=whole("d1.queries"),
)
FREE_PLAN: Final = replace(
    PAID_PLAN,
    reads_per_day=whole("kv.reads_per_day"),
    writes_per_day=whole("kv.writes_per_day"),
    deletes_per_day=whole("kv.deletes_per_day"),
    lists_per_day=whole("kv.lists_per_day"),
    queries=whole("free.queries"),
    rows_read_per_day=whole("d1.rows_read_per_day"),
    rows_written_per_day=whole("d1.rows_written_per_day"),
)


@dataclass
class Ledger:
    """What was used so far: ``spent`` today by method, and of D1 by kind of row; ``written`` when each place
    was written last (ms): a namespace and a key, which is empty where a namespace has one rate.
    """

    day: int = -1
    spent: dict[str, int] = field(default_factory=dict)
    written: dict[tuple[str, str], int] = field(default_factory=dict)

    def begin(self, day: int) -> None:
        """A new day begins: nothing of it is used up."""
        self.day = day
        self.spent.clear()


class Quotas(Layer):
    """A store around ``store`` that enforces what ``allowance`` has for a day and for a key.

    It refuses as soon as it is asked; what an invocation is allowed, Transit knows. ``ledger``
    counts today's operations by method, for a report; a bulk get counts one read for every key. Locations of
    one namespace share it.
    """

    def __init__(
        self, store: Store, allowance: Allowance, ledger: Ledger | None = None, namespace: str = ""
    ) -> None:
        super().__init__(store)
        self.namespace = namespace
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
        if self._is_lost(key, "PUT"):
            return _nothing()
        return self.store.put(key, entry)

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        self._spend("delete", self.allowance.deletes_per_day)
        if self.allowance.deletes_are_writes and self._is_lost(key, "DELETE"):
            return _nothing()
        return self.store.delete(key)

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        self._spend("list", self.allowance.lists_per_day)
        return self.store.scan(prefix, after, limit)

    def _spend(self, method: str, per_day: int | None, amount: int = 1) -> None:
        ledger, today = self.ledger, self.clock.now_ms() // DAY_MS
        if today != ledger.day:
            ledger.begin(today)
        spent = ledger.spent.get(method, 0) + amount
        if per_day is not None and spent > per_day:
            raise messages.day_is_over(method)
        ledger.spent[method] = spent

    def _is_lost(self, key: str, verb: messages.Verb) -> bool:
        """Whether a write is lost, because the last one of its key was less than the interval ago."""
        interval = self.allowance.write_interval_ms
        if interval is None:
            return False
        place = (self.namespace, key if self.allowance.writes_of == "key" else "")
        now, last = self.clock.now_ms(), self.ledger.written.get(place)
        if last is not None and now - last < interval:
            if self.allowance.write_rate == "lost":
                return True
            raise messages.too_many_writes(verb)
        self.ledger.written[place] = now
        return False


async def _nothing() -> None:
    """What a store does for a write that is lost."""
