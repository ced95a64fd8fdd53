"""Calls of Durable Objects on their way: each is an operation of who calls, and is noted."""

from collections.abc import Callable, Coroutine
from math import inf
from typing import Any, Final, NamedTuple, TypeVar

from harness.model.record import ObjectCall
from kvstore.clock import Clock
from kvstore.faults import FaultKind, InvocationCrashed
from kvstore.layers.invocation import Invocations, Places
from kvstore.layers.transit import AnyPlan, Travel
from kvstore.messages import TOO_MANY_OPERATIONS
from worker.durable import ObjectError
from worker.durable.errors import lost

T = TypeVar("T")

# So much of an answer is kept, in characters.
_MOST_KEPT: Final = 200


class Asked(NamedTuple):
    """``what`` is called of the object of ``class_name`` that has this ``name``, or an id in place of one.

    It is a method, or the method and the path of a request: ``add``, ``PUT /total``.
    """

    class_name: str
    name: str
    what: str

    @property
    def label(self) -> str:
        return f"{self.class_name}({self.name})"


class CallTransit(Travel):
    """``asked`` are all calls that have ended, in order.

    A call takes none of its invocation's connections, which what the object asks of KV does: those of a
    request that has called many would all wait for each other.
    """

    def __init__(self, clock: Clock, plan: AnyPlan, invocations: Invocations) -> None:
        super().__init__(clock, plan, invocations)
        self._places = Places(inf)
        self.asked: list[ObjectCall] = []
        # The invocations that were refused a call, by a fault or for what they may ask.
        self.refused: set[str] = set()

    async def carry(
        self, asked: Asked, call: Callable[[], Coroutine[Any, Any, T]], came: Callable[[T], str | ObjectError]
    ) -> T:
        """What the call gives; ``came`` says it as text, or is what the object failed with.

        Raises what the call does, ObjectError, and InvocationCrashed.
        """
        invocation, began = self.invocations.current(), self.clock.now_ms()
        ordinal = invocation.operations + 1
        found: str | BaseException = ""
        try:
            result = await self._around("call", asked.label, call)
            found = came(result)
            return result
        except BaseException as error:
            found = error
            raise
        finally:
            answer, failed = (found, None) if isinstance(found, str) else ("", _said(found))
            if isinstance(found, InvocationCrashed) or (isinstance(found, ObjectError) and found.retryable):
                self.refused.add(invocation.name)
            now = self.clock.now_ms()
            self.asked.append(
                ObjectCall(now, invocation.name, ordinal, *asked, began, answer[:_MOST_KEPT], failed)
            )

    def refusal(self, verb: str, fault: FaultKind) -> ObjectError:
        return lost()

    def too_many(self) -> ObjectError:
        self.refused.add(self.invocations.current().name)
        return ObjectError("Error", TOO_MANY_OPERATIONS)


def _said(error: BaseException) -> str:
    """An error in a line; of a traceback the last one says what it was."""
    lines = str(error).strip().splitlines()
    return lines[-1][:_MOST_KEPT] if lines else type(error).__name__
