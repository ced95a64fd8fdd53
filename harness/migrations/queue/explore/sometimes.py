"""What a search must have met to say anything: the rare things that migrations break on.

A search in which no read was ever stale has not shown that stale reads do no harm.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from harness import Call
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation.record import OPERATOR, Record, kept
from harness.migrations.queue.simulation.scenario import Scenario
from kvstore import Entry, Event
from kvstore.conditions import COLOS

Due = Callable[[Scenario], bool]


@dataclass(frozen=True)
class Property:
    """``met`` says whether a record has it, ``due`` whether scenarios under these conditions ever should."""

    name: str
    met: Callable[[Record], bool]
    due: Due = lambda scenario: True


def _stale_read(record: Record) -> bool:
    """Whether a read was answered with what was there no more, or not yet."""
    return bool(_stale_reads(record))


def _cached_miss(record: Record) -> bool:
    """Whether a read found nothing where there was something."""
    return any(event.entry is None for event in _stale_reads(record))


def _own_write_unseen(record: Record) -> bool:
    """Whether a location did not see what had been written there before the request was even sent."""
    calls = {call.name: call for call in record.calls}
    for event in record.asked:
        call = calls.get(event.invocation)
        if call is None or event.error is not None:
            continue
        for key in event.found if event.verb == "scan" else [event.key] if event.verb == "get" else []:
            last = _last_write(record, key, call.sent, event.at)
            if last is None or calls.get(last.invocation, call).colo != call.colo:
                continue
            expired = last.entry is not None and _ended(last.entry, event.at)
            if last.entry is None if event.verb == "scan" else not expired and event.entry != last.entry:
                return True
    return False


def _last_write(record: Record, key: str, before: int, until: int) -> Event | None:
    """The last write of a key before a moment; None when there is a later one, ``until`` another."""
    writes = [write for write in record.versions.to(key) if write.at <= until]
    return writes[-1] if writes and writes[-1].at < before else None


@kept
def _stale_reads(record: Record) -> list[Event]:
    """Reads of what was there no more, or not yet."""
    found: list[Event] = []
    expectation: dict[str, Entry] = dict(record.start.entries)
    writes, place = record.writes, 0
    for event in record.asked:
        if event.verb != "get" or event.error is not None:
            continue
        # A write of the same millisecond may come before or after: it proves nothing.
        while place < len(writes) and writes[place].at < event.at - _ON_THE_WAY_MS:
            write = writes[place]
            place += 1
            if write.verb == "put" and write.entry is not None:
                expectation[write.key] = write.entry
            else:
                expectation.pop(write.key, None)
        if event.entry != expectation.get(event.key):
            since = event.at - _ON_THE_WAY_MS
            late = any(since <= write.at <= event.at for write in record.versions.to(event.key))
            expired = event.key in expectation and _ended(expectation[event.key], event.at)
            if not late and not (expired and event.entry is None):
                found.append(event)
    return found


def _stale_listing(record: Record) -> bool:
    """Whether a listing left out, between two keys, one that was there for long, or showed one long gone."""
    versions = record.versions
    keys = sorted(versions.keys)
    for event in record.asked:
        if event.verb != "scan" or event.error is not None or not event.found:
            continue
        since, shown = event.at - _ON_THE_WAY_MS, set(event.found)
        for key in keys[bisect_left(keys, event.found[0]) : bisect_right(keys, event.found[-1])]:
            there = versions.during(key, since, event.at)
            if (all(there) and key not in shown) or (not any(there) and key in shown):
                return True
    return False


def _crash_between_copy_and_delete(record: Record) -> bool:
    """Whether a run was cut off when it had written a task's new key, and not deleted the old one."""
    for call in record.runs:
        asked = record.operations.get(call.name, [])
        if not asked or asked[-1].code != "cut-off":
            continue
        done = record.writes[call.first : call.last]
        mine = [write for write in done if write.invocation == call.name]
        copied = {one.key.removeprefix(NEW_TASK) for one in mine if one.key.startswith(NEW_TASK)}
        deleted = {one.key.removeprefix(OLD_TASK) for one in mine if one.verb == "delete"}
        if copied - deleted:
            return True
    return False


def _skewed(record: Record) -> bool:
    """Whether somebody was answered where the clock is wrong."""
    return record.scenario.skew != 0 and any(call.colo != COLOS[0] for call in record.calls)


def _task_ended(record: Record) -> bool:
    """Whether a task expired between the first run and the last look of an operator."""
    theirs = [call for call in record.calls if call.actor.startswith(OPERATOR)]
    if not record.runs:
        return False
    began, ended = record.runs[0].sent, max(call.answered for call in theirs)
    ends = [entry.expiration for key, entry in record.start.entries.items() if key.startswith(OLD_TASK)]
    return any(end is not None and began < end * 1000 <= ended for end in ends)


_ON_THE_WAY_MS: Final = 6000


def _ended(entry: Entry, at: int) -> bool:
    return entry.expiration is not None and entry.expiration * 1000 <= at


def _refused_with(code: str) -> Callable[[Record], bool]:
    return lambda record: any(event.code == code for event in record.refused)


def _fired(kind: str) -> Callable[[Record], bool]:
    return lambda record: any(fault.startswith(f"{kind}@") for fault in record.fired)


def _cut_off_half_way(record: Record) -> bool:
    """Whether a run was cut off when it had written something, and something was left."""
    return any(call.status is None and call.last > call.first for call in record.runs)


def _claims_at_once(record: Record) -> bool:
    """Whether two claims were on their way at the same time."""
    return _overlap(record.to("POST", "/api/queue/claim"), record.to("POST", "/api/queue/claim"))


def _traffic(record: Record) -> bool:
    """Whether somebody else's request was on its way while a run was."""
    runs = {run.name for run in record.runs}
    others = [call for call in record.calls if call.name not in runs]
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


def _own_unseen(scenario: Scenario) -> bool:
    staleness = scenario.platform.staleness
    return staleness is not None and staleness.own_writes < 1000


def _paced(scenario: Scenario) -> bool:
    return scenario.platform.allowance.write_interval_ms is not None


def _limited_by_day(scenario: Scenario) -> bool:
    return scenario.platform.allowance.writes_per_day is not None


def _documented(scenario: Scenario) -> bool:
    return scenario.migration == "documented"


PROPERTIES: Final = (
    Property("a stale read", _stale_read, _stale),
    Property("a cached miss", _cached_miss, _stale),
    Property("a stale listing", _stale_listing, _stale),
    Property("an own write not seen at once", _own_write_unseen, _own_unseen),
    Property("a write refused with 429", _refused_with("write-rate"), _paced),
    Property("an operation budget used up", _refused_with("invocation-limit"), _documented),
    Property("a daily quota used up", _refused_with("daily-quota"), _limited_by_day),
    Property("a crash", _fired("crash")),
    Property("a run cut off half-way", _cut_off_half_way),
    Property("a crash between copy and delete", _crash_between_copy_and_delete),
    Property("an operation refused", _fired("refused")),
    Property("a write carried out and not confirmed", _fired("unanswered")),
    Property("an outage", _fired("outage")),
    Property("an answer lost", _fired("dropped")),
    Property("a daemon that breaks down", _fired("breakdown")),
    Property("two claims at once", _claims_at_once),
    Property("a request during a run", _traffic),
    Property("a lease that ran out", _lease_ended),
    Property("a task that expired during the migration", _task_ended),
    Property("a clock that is off", _skewed),
    Property("a second operator", lambda record: record.scenario.operators > 1),
    Property("a rollback", lambda record: record.scenario.rollback != "never"),
)


def met(record: Record) -> list[str]:
    """The names of the properties that a record has."""
    return [one.name for one in PROPERTIES if one.due(record.scenario) and one.met(record)]


def due(scenario: Scenario) -> list[str]:
    """The names of those that a search under the conditions of ``scenario`` must meet at least once."""
    return [one.name for one in PROPERTIES if one.due(scenario)]
