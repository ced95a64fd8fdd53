"""Limits: no request of the migration runs into a limit of the platform that it could have kept."""

from collections.abc import Iterable
from typing import Final

from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding, Moment, finding
from kvstore import Event

TITLE = "Limits: operations of a request, writes of a key, expirations and keys that KV takes"
AT = "operations of the migration"

_EXPIRATION: Final = ("expiration", "expiration-ttl")
_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "budget",
        "{n} request{s} of the migration ran into the limit of operations",
        ("invocation-limit",),
    ),
    ("write-rate", "the migration wrote {n} key{s} less than a second after another write", ("write-rate",)),
    (
        "expiration-refused",
        "the migration asked for an expiration that KV refuses, {n} time{s}",
        _EXPIRATION,
    ),
    (
        "key-refused",
        "the migration asked for {n} key{s} or value{s} that KV refuses",
        ("key-size", "metadata-size", "value-size"),
    ),
)


def judged(record: Record, expectation: Expectation) -> int:
    return sum(record.role_of(event.invocation) == "operator" for event in record.asked)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    refused = [
        event
        for event in (*record.asked, *record.lost)
        if event.error
        and record.role_of(event.invocation) == "operator"
        and not _is_somebody_elses(record, event)
    ]
    # No client asks for a lifetime that KV refuses: the new Worker does.
    wrong = [event.invocation for event in record.asked if _is_wrong_for_a_client(record, event)]
    yield finding(
        "for {n} request{s} of clients the Worker asked for an expiration that KV refuses",
        list(dict.fromkeys(_said(record, name) for name in wrong)),
        code="client-expiration-refused",
    )
    theirs = [event for event in record.lost if _is_lost_for_the_migration(record, event)]
    yield finding(
        "{n} write{s} of clients {were} confirmed and lost: the migration had written the key less than a "
        "second before",
        list(dict.fromkeys(event.key for event in theirs)),
        show=lambda: tuple(map(_moment, theirs[:3])),
        code="update-lost",
    )
    for code, what, causes in _KINDS:
        found = [event for event in refused if event.code in causes]
        places = list(dict.fromkeys(_where(event) for event in found))
        yield finding(what, places, show=lambda found=found: tuple(map(_moment, found[:3])), code=code)  # type: ignore[misc]


def _is_wrong_for_a_client(record: Record, event: Event) -> bool:
    call = record.by_name.get(event.invocation)
    return call is not None and call.role == "client" and call.stage != "before" and event.code in _EXPIRATION


def _is_lost_for_the_migration(record: Record, lost: Event) -> bool:
    """Whether a client's write was lost for one of the migration; two of clients are not its fault."""
    return record.role_of(lost.invocation) == "client" and _before(record, lost) == "operator"


def _said(record: Record, name: str) -> str:
    call = record.by_name[name]
    return f"{call.method} {call.path.partition('?')[0]}"


def _is_somebody_elses(record: Record, refused: Event) -> bool:
    """Whether a write came too soon after one of somebody who is not the migration."""
    if refused.code != "write-rate":
        return False
    return _before(record, refused) not in ("", "operator")


def _before(record: Record, late: Event) -> str:
    """Whose write of the same key, or namespace, was the last before; "" for none."""
    of_one_key = record.scenario.platform.allowance.writes_of == "key"
    before = [
        event
        for event in record.writes
        if event.namespace == late.namespace
        and (event.key == late.key or not of_one_key)
        and event.at <= late.at
    ]
    return record.role_of(before[-1].invocation) if before else ""


def _where(event: Event) -> str:
    return event.invocation if event.code == "invocation-limit" else event.key


def _moment(event: Event) -> Moment:
    return Moment(event.at, event.invocation, f"{event.verb} {event.key}: {event.error}")
