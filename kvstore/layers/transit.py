"""Transit: a layer in which every operation travels to the store and back, and may not arrive.

It stands where the Worker asks: here the operations of an invocation are counted, and what was sent counts,
whatever becomes of it. A plan is asked about every operation by name: the invocation that asks, and
the ordinal of the operation in it. So a plan means the same whatever others do.

An invocation has only so many operations on their way at a time; the others wait until one has ended, and
nothing fails. Source: the product's limits page, "Simultaneous open connections": six for each invocation,
KV's operations among them. Those beyond its budget fail.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from kvstore import messages
from kvstore.clock import Clock
from kvstore.faults import FAULTS, Fault, FaultKind, InvocationCrashed
from kvstore.layers.invocation import Invocations, Places
from kvstore.layers.layer import Around, Operation, T
from kvstore.messages import Verb as ProductVerb
from kvstore.store import Store, Verb

PRODUCT_VERBS: dict[Verb, ProductVerb] = {
    "get": "GET",
    "get_many": "GET_BULK",
    "put": "PUT",
    "delete": "DELETE",
    "scan": "GET",
}


class Trip(NamedTuple):
    """How an operation travels: milliseconds to the store and back, and what happens to it on the way."""

    there: int = 0
    back: int = 0
    fault: FaultKind | None = None


_AT_ONCE: Final = Trip()

Plan = Callable[[str, int, Verb, str], Trip]
AnyPlan = Callable[[str, int, Any, str], Trip]


class OneFault:
    """A plan: all travel as ``trip`` says; ``fault`` happens at its number, from the first that asks."""

    def __init__(self, fault: Fault | None = None, trip: Trip = _AT_ONCE) -> None:
        self.fault = fault
        self.count = 0
        self._trip = trip

    @property
    def fired(self) -> bool:
        """Whether the fault has happened."""
        return self.fault is not None and self.count >= self.fault.at

    def __call__(self, invocation: str, ordinal: int, verb: str, key: str) -> Trip:
        self.count += 1
        if self.fault is None or self.count != self.fault.at:
            return self._trip
        return self._trip._replace(fault=FAULTS[self.fault.kind])


class Travel:
    """What operations go through on their way, whatever they are operations of.

    ``plan`` is asked with invocation, ordinal (from 1), verb and key.
    """

    def __init__(self, clock: Clock, plan: AnyPlan, invocations: Invocations) -> None:
        self.clock = clock
        self.plan = plan
        self.invocations = invocations
        # What has its own way and takes none of an invocation's connections has places here.
        self._places: Places | None = None
        # An outage: what it does, and until when (ms).
        self._outage: FaultKind | None = None
        self._out_until = 0

    def follow(self, plan: AnyPlan) -> None:
        """From now on ``plan`` says what happens; an outage is over."""
        self.plan, self._out_until = plan, 0

    def refusal(self, verb: Any, fault: FaultKind) -> Exception:
        """What an operation fails with where ``fault`` makes it fail."""
        raise NotImplementedError

    def too_many(self) -> Exception:
        """What an operation fails with that the invocation may not ask any more."""
        raise NotImplementedError

    async def _around(self, verb: Any, key: str, operation: Operation[T], *arguments: Any) -> T:
        invocation = self.invocations.current()
        connections, plan = self._places or invocation.connections, self.plan
        invocation.operations = ordinal = invocation.operations + 1
        if not connections.take():
            await connections.wait()
        try:
            there, back, fault = plan(invocation.name, ordinal, verb, key)
            if fault is not None:
                there, back = self._set_out(fault, ordinal, there, back)
            if there:
                await self.clock.sleep(there / 1000)
            if fault is not None or self._out_until:
                self._arrive(fault, verb)
            if ordinal > invocation.most:
                raise self.too_many()
            found = await operation(*arguments)
            if back:
                await self.clock.sleep(back / 1000)
            if fault is not None and fault.error is not None:
                raise self.refusal(verb, fault)
            return found
        finally:
            connections.leave()

    def _set_out(self, fault: FaultKind, ordinal: int, there: int, back: int) -> tuple[int, int]:
        """How long the ways are with ``fault``. Raises InvocationCrashed."""
        if fault.cuts_off:
            raise InvocationCrashed(f"cut off before operation {ordinal}")
        if fault.lasts_ms:
            self._outage, self._out_until = fault, self.clock.now_ms() + fault.lasts_ms
        return there + fault.there_ms, back + fault.back_ms

    def _arrive(self, fault: FaultKind | None, verb: Any) -> None:
        """Raises what `refusal` says when the store is not reached."""
        out = self._out_until and self.clock.now_ms() < self._out_until
        stopped = self._outage if out else fault
        if stopped is not None and not stopped.reaches and stopped.error is not None:
            raise self.refusal(verb, stopped)


class Transit(Travel, Around):
    """A store around ``store``."""

    def __init__(self, store: Store, plan: Plan, invocations: Invocations) -> None:
        Around.__init__(self, store)
        Travel.__init__(self, store.clock, plan, invocations)

    def refusal(self, verb: Verb, fault: FaultKind) -> Exception:
        assert fault.error is not None
        return messages.refused(PRODUCT_VERBS[verb], *fault.error)

    def too_many(self) -> Exception:
        return messages.too_many_operations()
