"""Transit: a layer in which every operation travels to the store and back, and may not arrive.

Unlike Faults, which counts the operations of one caller, it asks a plan about every operation by name: which
invocation asks, and its how-manieth operation this is. So that a plan means the same whatever others do.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar

from kvstore import messages
from kvstore.clock import Clock
from kvstore.faults import PRODUCT_VERBS, InvocationCrashed
from kvstore.invocation import Invocations
from kvstore.journal import Verb
from kvstore.store import Entry, Page, Store

T = TypeVar("T")

Mishap = Literal["crash", "refused", "unanswered", "timeout", "slow", "outage"]
MISHAPS: tuple[Mishap, ...] = ("crash", "refused", "unanswered", "timeout", "slow", "outage")


class Trip(NamedTuple):
    """How an operation travels: milliseconds to the store and back, and what happens to it on the way.

    crash        the invocation ends before the operation
    refused      the operation fails and changes nothing
    unanswered   the operation is carried out, and then fails all the same
    timeout      as unanswered, after ``TIMEOUT_MS``
    slow         it takes ``SLOW_MS`` longer
    outage       it and all others of this location fail for ``OUTAGE_MS``
    """

    there: int = 0
    back: int = 0
    mishap: Mishap | None = None


# Round numbers: nothing is published on how long KV takes at worst.
TIMEOUT_MS = 30_000
SLOW_MS = 20_000
OUTAGE_MS = 60_000

Plan = Callable[[str, int, Verb, str], Trip]


@dataclass
class Transit:
    """A store around ``store``. ``plan`` is asked with invocation, ordinal (from 1), verb and key."""

    store: Store
    plan: Plan
    invocations: Invocations
    _ordinals: dict[str, int] = field(default_factory=dict, init=False)
    _out_until: int = field(default=0, init=False)

    @cached_property
    def clock(self) -> Clock:
        return self.store.clock

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        return self._travel("get", key, lambda: self.store.get(key, cache_ttl))

    def get_many(
        self, keys: Sequence[str], cache_ttl: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Entry]]:
        return self._travel("get_many", ",".join(keys), lambda: self.store.get_many(keys, cache_ttl))

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        return self._travel("put", key, lambda: self.store.put(key, entry))

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        return self._travel("delete", key, lambda: self.store.delete(key))

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        return self._travel("scan", prefix, lambda: self.store.scan(prefix, after, limit))

    async def _travel(self, verb: Verb, key: str, operation: Callable[[], Awaitable[T]]) -> T:
        invocation = self.invocations.current
        name = invocation.name if invocation else ""
        ordinal = self._ordinals[name] = self._ordinals.get(name, 0) + 1
        there, back, mishap = self.plan(name, ordinal, verb, key)
        if mishap == "crash":
            raise InvocationCrashed(f"cut off before operation {ordinal}")
        if mishap == "outage":
            self._out_until = self.clock.now_ms() + OUTAGE_MS
        if mishap == "slow":
            there += SLOW_MS
        if there:
            await self.clock.sleep(there / 1000)
        if mishap == "refused" or (self._out_until and self.clock.now_ms() < self._out_until):
            raise messages.refused(PRODUCT_VERBS[verb], 500, "Internal Server Error")
        found = await operation()
        if mishap == "timeout":
            back += TIMEOUT_MS
        if back:
            await self.clock.sleep(back / 1000)
        if mishap == "timeout":
            raise messages.refused(PRODUCT_VERBS[verb], 504, "Gateway Timeout")
        if mishap == "unanswered":
            raise messages.refused(PRODUCT_VERBS[verb], 500, "Internal Server Error")
        return found
