"""What a search must have met to say anything: the rare things that migrations break on.

A search in which no read was ever stale has not shown that stale reads do no harm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.layout import NEW_LEASE, OLD_LEASE
from harness.simulation.record import Call, Record
from harness.simulation.scenario import Scenario
from kvstore import Entry, messages

Due = Callable[[Scenario], bool]


@dataclass(frozen=True)
class Property:
    """``met`` says whether a record has it, ``due`` whether scenarios under these conditions ever should."""

    name: str
    met: Callable[[Record], bool]
    due: Due = lambda scenario: True


def _stale_read(record: Record) -> bool:
    """Whether a read was answered with what was there no more, or not yet."""
    truth: dict[str, Entry] = dict(record.start.entries)
    writes, place = record.writes, 0
    for event in record.asked:
        # A write of the same millisecond may come before or after: it proves nothing.
        while place < len(writes) and writes[place].at < event.at - _ON_THE_WAY_MS:
            write = writes[place]
            place += 1
            if write.verb == "put" and write.entry is not None:
                truth[write.key] = write.entry
            else:
                truth.pop(write.key, None)
        if event.verb == "get" and event.error is None and event.entry != truth.get(event.key):
            late = [one for one in writes[place:] if one.key == event.key and one.at <= event.at]
            expired = event.key in truth and _ended(truth[event.key], event.at)
            if not late and not (expired and event.entry is None):
                return True
    return False


_ON_THE_WAY_MS: Final = 6000


def _ended(entry: Entry, at: int) -> bool:
    return entry.expiration is not None and entry.expiration * 1000 <= at


def _refused_with(text: str) -> Callable[[Record], bool]:
    return lambda record: any(event.error is not None and text in event.error for event in record.asked)


def _fired(kind: str) -> Callable[[Record], bool]:
    return lambda record: any(mishap.startswith(f"{kind}@") for mishap in record.fired)


def _cut_off_half_way(record: Record) -> bool:
    """Whether a run was cut off when it had written something, and something was left."""
    return any(call.status is None and call.last > call.first for call in record.runs)


def _claims_at_once(record: Record) -> bool:
    """Whether two claims were on their way at the same time."""
    return _overlap(record.to("POST", "/api/queue/claim"), record.to("POST", "/api/queue/claim"))


def _traffic(record: Record) -> bool:
    """Whether somebody else's request was on its way while a run was."""
    others = [call for call in record.calls if call not in record.runs]
    return _overlap(record.runs, others)


def _overlap(some: Sequence[Call], others: Sequence[Call]) -> bool:
    return any(
        one is not other and one.sent < other.answered and other.sent < one.answered
        for one in some
        for other in others
    )


def _lease_ended(record: Record) -> bool:
    """Whether a lease ran out by itself."""
    leases = (OLD_LEASE, NEW_LEASE)
    put = {event.key: event.entry for event in record.writes if event.key.startswith(leases)}
    return any(entry is not None and _ended(entry, record.ended) for entry in put.values())


def _stale(scenario: Scenario) -> bool:
    return scenario.platform.staleness is not None


def _paced(scenario: Scenario) -> bool:
    return scenario.platform.allowance.write_interval_ms is not None


def _documented(scenario: Scenario) -> bool:
    return scenario.migration == "documented"


PROPERTIES: Final = (
    Property("a stale read", _stale_read, _stale),
    Property("a write refused with 429", _refused_with("429 Too Many Requests"), _paced),
    Property("an operation budget used up", _refused_with(messages.TOO_MANY_OPERATIONS), _documented),
    Property("a crash", _fired("crash")),
    Property("a run cut off half-way", _cut_off_half_way),
    Property("an operation refused", _fired("refused")),
    Property("a write carried out and not confirmed", _fired("unanswered")),
    Property("an outage", _fired("outage")),
    Property("an answer lost", _fired("dropped")),
    Property("a daemon that breaks down", _fired("breakdown")),
    Property("two claims at once", _claims_at_once),
    Property("a request during a run", _traffic),
    Property("a lease that ran out", _lease_ended),
    Property("a second operator", lambda record: record.scenario.operators > 1),
    Property("a rollback", lambda record: record.scenario.rollback != "never"),
)


def met(record: Record) -> list[str]:
    """The names of the properties that a record has."""
    return [one.name for one in PROPERTIES if one.met(record)]


def due(scenario: Scenario) -> list[str]:
    """The names of those that a search under the conditions of ``scenario`` must meet at least once."""
    return [one.name for one in PROPERTIES if one.due(scenario)]
