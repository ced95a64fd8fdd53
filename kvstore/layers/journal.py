"""Journals: layers that record what was asked of a store, and what came of it."""

from collections.abc import MutableSequence
from dataclasses import dataclass
from typing import Any, Literal

from kvstore.errors import Code, KVError
from kvstore.faults import InvocationCrashed
from kvstore.layers.invocation import Invocations
from kvstore.layers.layer import Around, Layer, Operation, T
from kvstore.store import Entry, Store, Verb


@dataclass(slots=True)
class Event:
    """One operation, after it ended. Not frozen, which takes five times as long to make; it is never changed.

    ``at`` is in milliseconds since the UNIX epoch; ``invocation`` names the request in which it happened,
    "" outside of one. ``entry`` is what a put wrote or a get found; ``error`` the text of the exception, None
    for success, and ``code`` which limit or rule refused. ``found`` are the keys that a get_many or a scan
    found, in a journal with ``names``. ``namespace`` is the label that the journal was given.
    """

    index: int
    at: int
    invocation: str
    verb: Verb
    key: str
    entry: Entry | None = None
    error: str | None = None
    found: tuple[str, ...] = ()
    namespace: str = ""
    code: Code | Literal["cut-off"] = ""

    @property
    def keys(self) -> list[str]:
        """The keys that were asked for: several for a get_many, where ``key`` has commas between them."""
        return self.key.split(",") if self.verb == "get_many" else [self.key]

    @classmethod
    def failed(
        cls, index: int, at: int, invocation: str, verb: Verb, key: str, error: BaseException, **more: Any
    ) -> "Event":
        """The event of an operation that raised ``error``."""
        why = str(error) or type(error).__name__
        return cls(index, at, invocation, verb, key, error=why, code=code_of(error), **more)


def code_of(error: BaseException) -> Code | Literal["cut-off"]:
    """Which limit or rule refused, or that the invocation was cut off; "" for any other error."""
    if isinstance(error, InvocationCrashed):
        return "cut-off"
    return error.code if isinstance(error, KVError) else ""


class Journal(Around):
    """A store around ``store`` that appends an Event to ``events`` for every operation, in order.

    ``names`` adds which keys were found by those that look for many: memory for each key of each listing.
    """

    def __init__(
        self,
        store: Store,
        invocations: Invocations | None = None,
        events: MutableSequence[Event] | None = None,
        *,
        names: bool = False,
        namespace: str = "",
    ) -> None:
        super().__init__(store)
        self.invocations = invocations or Invocations()
        self.events: MutableSequence[Event] = [] if events is None else events
        self.names = names
        self.namespace = namespace

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        entry: Entry | None = arguments[1] if verb == "put" else None
        why: BaseException | None = None
        found: tuple[str, ...] = ()
        try:
            result: Any = await operation(*arguments)
            if verb == "get":
                entry = result
            elif self.names:
                found = _names(verb, result)
            return result  # type: ignore[no-any-return]
        except BaseException as error:
            why = error
            raise
        finally:
            events, name = self.events, self.invocations.current().name
            at, index = self.clock.now_ms(), len(events)
            if why is None:
                events.append(Event(index, at, name, verb, key, entry, None, found, self.namespace))
            else:
                more = {"entry": entry, "namespace": self.namespace}
                events.append(Event.failed(index, at, name, verb, key, why, **more))


def _names(verb: Verb, result: Any) -> tuple[str, ...]:
    """The keys that an operation found, if it looks for many."""
    if verb == "scan":
        return tuple([info.name for info in result.keys])
    return tuple(result) if verb == "get_many" else ()


class WriteJournal(Journal):
    """One that records only puts and deletes."""

    get = Layer.get
    get_many = Layer.get_many
    scan = Layer.scan
