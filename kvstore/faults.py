"""Faults: a layer that makes operations fail, or cuts off the invocation that asks, as a plan says."""

from dataclasses import dataclass
from typing import Any, Literal

from kvstore import messages
from kvstore.layer import Around, Operation, T
from kvstore.messages import Verb as ProductVerb
from kvstore.store import Store, Verb

Kind = Literal["crash", "refused", "unanswered", "outage"]
KINDS: tuple[Kind, ...] = ("crash", "refused", "unanswered", "outage")

PRODUCT_VERBS: dict[Verb, ProductVerb] = {
    "get": "GET",
    "get_many": "GET_BULK",
    "put": "PUT",
    "delete": "DELETE",
    "scan": "GET",
}


class InvocationCrashed(BaseException):
    """The invocation was cut off at an operation: no code of the Worker catches this."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the ``at``-th operation (from 1) after `Faults.arm`.

    crash        the invocation ends right before the operation
    refused      the operation fails and changes nothing
    unanswered   the operation is carried out, and then fails all the same
    outage       this operation and all later ones fail and change nothing
    """

    kind: Kind
    at: int

    def __str__(self) -> str:
        return f"{self.kind}@{self.at}"


def read_fault(text: str) -> Fault:
    """A fault from ``kind@number``, its own text. Raises ValueError with what is wrong."""
    kind, at, number = text.partition("@")
    if kind not in KINDS or not at or not number.isdecimal() or int(number) < 1:
        raise ValueError(f"{text!r} is no fault: it takes {'|'.join(KINDS)}@N, where N counts from 1")
    return Fault(kind, int(number))


class Faults(Around):
    """A store around ``store`` that counts operations, and lets the armed fault happen at its number."""

    def __init__(self, store: Store, fault: Fault | None = None) -> None:
        super().__init__(store)
        self.fault = fault
        self.count = 0

    @property
    def fired(self) -> bool:
        """Whether the armed fault has happened."""
        return self.fault is not None and self.count >= self.fault.at

    def arm(self, fault: Fault | None) -> None:
        """Start counting anew; None: nothing will happen."""
        self.fault, self.count = fault, 0

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        self.count += 1
        kind = self._due()
        if kind is None:
            return await operation(*arguments)
        if kind == "unanswered":
            await operation(*arguments)
        if kind == "crash":
            raise InvocationCrashed(f"cut off before operation {self.count}")
        raise messages.refused(PRODUCT_VERBS[verb], 500, "Internal Server Error")

    def _due(self) -> Kind | None:
        if self.fault is None or self.count < self.fault.at:
            return None
        if self.count == self.fault.at or self.fault.kind == "outage":
            return self.fault.kind
        return None
