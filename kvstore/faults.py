"""Faults: a layer that makes operations fail, or cuts off the invocation that asks, as a plan says."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeVar

from kvstore import messages
from kvstore.clock import Clock
from kvstore.journal import Verb
from kvstore.messages import Verb as ProductVerb
from kvstore.store import Entry, Page, Store

T = TypeVar("T")

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


@dataclass
class Faults:
    """A store around ``store`` that counts operations, and lets the armed fault happen at its number."""

    store: Store
    fault: Fault | None = None
    count: int = field(default=0, init=False)

    @property
    def fired(self) -> bool:
        """Whether the armed fault has happened."""
        return self.fault is not None and self.count >= self.fault.at

    @cached_property
    def clock(self) -> Clock:
        return self.store.clock

    def arm(self, fault: Fault | None) -> None:
        """Start counting anew; None: nothing will happen."""
        self.fault, self.count = fault, 0

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None:
        return await self._do("get", self.store.get(key, cache_ttl))

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        return await self._do("get_many", self.store.get_many(keys, cache_ttl))

    async def put(self, key: str, entry: Entry) -> None:
        await self._do("put", self.store.put(key, entry))

    async def delete(self, key: str) -> None:
        await self._do("delete", self.store.delete(key))

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        return await self._do("scan", self.store.scan(prefix, after, limit))

    async def _do(self, verb: Verb, operation: Awaitable[T]) -> T:
        self.count += 1
        kind = self._due()
        if kind is None:
            return await operation
        if kind == "unanswered":
            await operation
        elif hasattr(operation, "close"):
            operation.close()
        if kind == "crash":
            raise InvocationCrashed(f"cut off before operation {self.count}")
        raise messages.refused(PRODUCT_VERBS[verb], 500, "Internal Server Error")

    def _due(self) -> Kind | None:
        if self.fault is None or self.count < self.fault.at:
            return None
        if self.count == self.fault.at or self.fault.kind == "outage":
            return self.fault.kind
        return None
