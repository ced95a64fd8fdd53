"""Transit: a layer in which every operation travels to the store and back, and may not arrive.

Unlike Faults, which counts the operations of one caller, it asks a plan about every operation by name: which
invocation asks, and its how-manieth operation this is. So that a plan means the same whatever others do.

An invocation has only so many operations on their way at a time; the others wait until one has ended, and
nothing fails. Source: the product's limits page, "Simultaneous open connections": six for each invocation,
KV's operations among them.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from kvstore import messages
from kvstore.faults import PRODUCT_VERBS, InvocationCrashed
from kvstore.invocation import Invocations
from kvstore.layer import Around, Operation, T
from kvstore.store import Store, Verb

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


class Transit(Around):
    """A store around ``store``. ``plan`` is asked with invocation, ordinal (from 1), verb and key."""

    def __init__(self, store: Store, plan: Plan, invocations: Invocations) -> None:
        super().__init__(store)
        self.plan = plan
        self.invocations = invocations
        self._ordinals: dict[str, int] = {}
        self._out_until = 0

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        invocation = self.invocations.current()
        name, connections, plan = invocation.name, invocation.connections, self.plan
        if not connections.take():
            await connections.wait()
        try:
            ordinal = self._ordinals[name] = self._ordinals.get(name, 0) + 1
            there, back, mishap = plan(name, ordinal, verb, key)
            if mishap is not None:
                there, back = self._set_out(mishap, ordinal, there, back)
            if there:
                await self.clock.sleep(there / 1000)
            if mishap is not None or self._out_until:
                self._arrive(mishap, verb)
            found = await operation(*arguments)
            if back:
                await self.clock.sleep(back / 1000)
            if mishap is not None:
                _return(mishap, verb)
            return found
        finally:
            connections.leave()

    def _set_out(self, mishap: Mishap, ordinal: int, there: int, back: int) -> tuple[int, int]:
        """How long the ways are with ``mishap``. Raises InvocationCrashed."""
        if mishap == "crash":
            raise InvocationCrashed(f"cut off before operation {ordinal}")
        if mishap == "outage":
            self._out_until = self.clock.now_ms() + OUTAGE_MS
        return there + (SLOW_MS if mishap == "slow" else 0), back + (TIMEOUT_MS if mishap == "timeout" else 0)

    def _arrive(self, mishap: Mishap | None, verb: Verb) -> None:
        """Raises KVError when the store is not reached."""
        if mishap == "refused" or (self._out_until and self.clock.now_ms() < self._out_until):
            raise messages.refused(PRODUCT_VERBS[verb], 500, "Internal Server Error")


def _return(mishap: Mishap, verb: Verb) -> None:
    """Raises KVError when the answer gets lost."""
    if mishap == "timeout":
        raise messages.refused(PRODUCT_VERBS[verb], 504, "Gateway Timeout")
    if mishap == "unanswered":
        raise messages.refused(PRODUCT_VERBS[verb], 500, "Internal Server Error")
