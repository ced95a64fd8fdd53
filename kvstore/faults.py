"""Faults: what goes wrong, each kind said once. `kvstore.layers.transit` lets them happen to operations."""

from dataclasses import dataclass
from typing import Final, Literal

from kvstore.figures import whole

# Where a fault strikes: an operation of a request; the request as a whole; the work that it leaves to
# `waitUntil`; or whoever sends it.
Place = Literal["operation", "request", "background", "actor"]


class InvocationCrashed(BaseException):
    """The invocation was cut off at an operation: no code of the Worker catches this."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault: ``name`` is what it is called, ``what`` says what happens.

    The rest is what it does to an operation, which is reported as ``when`` … happens:

    cuts_off     the invocation ends right before it
    reaches      whether it is carried out
    error        the status and reason that it fails with; None when it does not fail
    there_ms, back_ms   how much longer it is on its way to the store, and back
    lasts_ms     for how long all others of the location meet the same
    """

    name: str
    strikes: Place
    what: str
    when: str = ""
    cuts_off: bool = False
    reaches: bool = True
    error: tuple[int, str] | None = None
    there_ms: int = 0
    back_ms: int = 0
    lasts_ms: int = 0

    @property
    def takes_time(self) -> bool:
        """Whether what it does depends on the time that goes by."""
        return bool(self.delays or self.lasts_ms)

    @property
    def delays(self) -> bool:
        """Whether the operation takes longer."""
        return bool(self.there_ms or self.back_ms)


_INTERNAL: Final = (500, "Internal Server Error")

FAULTS: Final[dict[str, FaultKind]] = {
    kind.name: kind
    for kind in (
        FaultKind(
            "crash",
            "operation",
            "the invocation ends before the operation; no answer is sent",
            "the run is cut off before",
            cuts_off=True,
            reaches=False,
        ),
        FaultKind(
            "refused",
            "operation",
            "the operation fails and changes nothing",
            "KV refuses",
            reaches=False,
            error=_INTERNAL,
        ),
        FaultKind(
            "unanswered",
            "operation",
            "the operation is carried out, and fails all the same",
            "KV carries out, and does not confirm,",
            error=_INTERNAL,
        ),
        FaultKind(
            "timeout",
            "operation",
            "as `unanswered`, after 30 s",
            "KV carries out, and does not confirm within 30 s,",
            error=(504, "Gateway Timeout"),
            back_ms=whole("kv.timeout_ms"),
        ),
        FaultKind(
            "slow",
            "operation",
            "the operation takes 20 s longer",
            "KV takes 20 s longer for",
            there_ms=whole("kv.slow_ms"),
        ),
        FaultKind(
            "outage",
            "operation",
            "the operation and everything else from this location fails for 60 s",
            "KV refuses everything from",
            reaches=False,
            error=_INTERNAL,
            lasts_ms=whole("kv.outage_ms"),
        ),
        FaultKind("dropped", "request", "the request is answered, and the answer never arrives"),
        FaultKind("background", "background", "what the request left to `waitUntil` is cut off"),
        FaultKind("breakdown", "actor", "a daemon dies right after its claim, and comes back minutes later"),
    )
}


def kinds(*places: Place) -> tuple[str, ...]:
    """The names of the kinds that strike there."""
    return tuple(name for name, kind in FAULTS.items() if kind.strikes in places)


# Kinds that happen to an operation, those of them that delay nothing, and those of a request as a whole.
OPERATION: Final = kinds("operation")
AT_ONCE: Final = tuple(name for name in OPERATION if not FAULTS[name].delays)
WHOLE: Final = tuple(name for name in FAULTS if name not in OPERATION)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A ``kind`` of fault at the ``at``-th KV operation (from 1) of the ``request`` that is named.

    0 is for the request as a whole; without a request, operations are counted from when the fault is armed.
    """

    kind: str
    at: int = 0
    request: str = ""

    def __str__(self) -> str:
        place = str(self.at or "")
        return f"{self.kind}@{self.request}{':' if self.request and place else ''}{place}"


def read_fault(text: str) -> Fault:
    """A fault at an operation, counted: ``kind@N``. Raises ValueError with what it must be."""
    kind, _, number = text.partition("@")
    if kind not in OPERATION or not _is_ordinal(number):
        raise ValueError(f"{text!r:.60} is not a fault: write {'|'.join(OPERATION)}@N, where N counts from 1")
    return Fault(kind, int(number))


def read_planned(text: str) -> Fault:
    """A fault at a named place: ``kind@REQUEST:N`` or ``kind@REQUEST``. Raises ValueError as `read_fault`."""
    kind, _, place = text.partition("@")
    request, colon, number = place.partition(":")
    counted = kind in OPERATION
    if kind not in FAULTS or not request or (not _is_ordinal(number) if counted else colon):
        raise ValueError(
            f"{text!r:.60} is not a fault: write {'|'.join(OPERATION)}@REQUEST:N, where N counts KV "
            f"operations from 1, or {'|'.join(WHOLE)}@REQUEST, with a request such as operator-1.2"
        )
    return Fault(kind, int(number) if counted else 0, request)


def _is_ordinal(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0
