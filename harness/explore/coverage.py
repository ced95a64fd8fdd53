"""What a search must have met to say anything: the rare things that migrations break on."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from zlib import crc32

from harness.model.oddities import ENDING
from harness.model.record import Call, Record
from kvstore import Entry, Event

Due = Callable[[Record, Sequence[str]], bool]


@dataclass(frozen=True)
class Property:
    """``met`` says whether a record has it; ``due`` whether a search of schedules should ever have.

    That follows from a run that nothing disturbs, and from the kinds of odd entries that there can be.
    """

    name: str
    met: Callable[[Record], bool]
    due: Due = lambda plain, oddities: True


# How long a read may have been on its way, in milliseconds: what was written meanwhile proves nothing.
_ON_THE_WAY_MS: Final = 6000


def _stale_reads(record: Record) -> list[Event]:
    """Reads that were answered with what was there no more, or not yet."""
    writes: dict[tuple[str, str], list[Event]] = {}
    for write in record.writes:
        writes.setdefault((write.namespace, write.key), []).append(write)
    return [
        event
        for event in record.asked
        if event.verb == "get" and not event.error and _is_stale(record, writes, event)
    ]


def _is_stale(record: Record, writes: dict[tuple[str, str], list[Event]], event: Event) -> bool:
    where = event.namespace, event.key
    theirs = writes.get(where)
    if not theirs or any(event.at - _ON_THE_WAY_MS <= write.at <= event.at for write in theirs):
        return False
    before = [write for write in theirs if write.at < event.at]
    there: Entry | None = before[-1].entry if before else record.start.get(where)
    if there is not None and there.expiration is not None and there.expiration * 1000 <= event.at:
        there = None
    return event.entry != there


def _fired(kind: str) -> Callable[[Record], bool]:
    return lambda record: any(fault.startswith(f"{kind}@") for fault in record.fired)


def _during(role: str) -> Callable[[Record], bool]:
    def met(record: Record) -> bool:
        theirs = [call for call in record.calls if call.role == role]
        return any(_overlap(call, run) for run in _runs(record) for call in theirs)

    return met


def _runs(record: Record) -> list[Call]:
    return [call for call in record.calls if call.role == "operator"]


def _overlap(one: Call, other: Call) -> bool:
    return one.sent < other.answered and other.sent < one.answered


def _ended(record: Record) -> bool:
    """Whether an entry that moves expired during the migration."""
    return any(
        entry.expiration is not None and record.began < entry.expiration * 1000 <= record.ended
        for place, entry in record.start.items()
        if record.migration.rule_for(*place) is not None
    )


def _has(*rules: str) -> Due:
    """Whether readers, clients and so on are declared: one of the lists of rules has something."""
    return lambda plain, oddities: any(getattr(plain.migration, one) for one in rules)


def _staleable(plain: Record, oddities: Sequence[str]) -> bool:
    """Whether somebody reads what is written, where a read can be stale."""
    if plain.scenario.platform.staleness is None:
        return False
    written = {(event.namespace, event.key) for event in plain.writes}
    return any(
        event.verb == "get"
        and (event.namespace, event.key) in written
        and plain.role_of(event.invocation) in ("reader", "client")
        for event in plain.asked
    )


def _can_end(plain: Record, oddities: Sequence[str]) -> bool:
    """Whether there can be an entry that moves and expires during the migration."""
    return not ENDING.isdisjoint(oddities) or _ended(plain)


# What the name of a refused request to the outside begins with, and how many of a run are named.
REFUSED: Final = "refused: "
MOST_REFUSED: Final = 5

PROPERTIES: Final[Sequence[Property]] = (
    Property("a stale read", lambda record: bool(_stale_reads(record)), _staleable),
    Property(
        "a client's request during a run",
        _during("client"),
        _has("clients"),
    ),
    Property(
        "a reader's request during a run",
        _during("reader"),
        _has("readers"),
    ),
    Property(
        "an act between two operations",
        lambda record: bool(record.interrupted),
        _has("readers", "clients"),
    ),
    Property("an entry that expired meanwhile", _ended, _can_end),
    Property("a crash", _fired("crash")),
    Property("an operation refused", _fired("refused")),
    Property("a write carried out and not confirmed", _fired("unanswered")),
    Property("a time-out", _fired("timeout")),
    Property("an outage", _fired("outage")),
    Property("an answer lost", _fired("dropped"), _has("stages")),
    Property(
        "a rollback",
        lambda record: record.rolled is not None,
        lambda plain, oddities: plain.migration.way_back is not None,
    ),
)


def met(record: Record) -> list[str]:
    """The names of the properties that a record has, and requests to the outside that were refused."""
    refused = (REFUSED + one for one in sorted(record.refused)[:MOST_REFUSED])
    return [*(one.name for one in PROPERTIES if one.met(record)), *refused]


def due(plain: Record, oddities: Sequence[str]) -> list[str]:
    """The names of those that schedules must meet at least once; ``plain`` is a run without disturbance."""
    return [one.name for one in PROPERTIES if one.due(plain, oddities)]


def signature(record: Record, properties: Sequence[str]) -> frozenset[int]:
    """What a run met, each as a number that stands for it; ``properties`` are what `met` says of it.

    Who did what at which step of the runbook, what befell them and what came of it; whose write followed
    whose at one place; and which of the properties met each other.
    """
    return frozenset(crc32(repr(one).encode()) for one in _features(record, properties))


def _features(record: Record, properties: Sequence[str]) -> Iterator[Iterable[object]]:
    befell = {fault.partition("@")[2].partition(":")[0]: fault.partition("@")[0] for fault in record.fired}
    steps, moments = [], []
    for call in record.calls:
        if call.role == "operator":
            step, written = call.path.partition("?")[0], call.last - call.first
            steps.append(step)
            moments.append(call.sent)
            yield "step", step, call.stage, _class(call.status), befell.get(call.name), written.bit_length()
    for act in record.acts:
        place = bisect_left(moments, act.began)
        step = steps[place - 1] if place else ""
        name = act.call.name if act.call is not None else ""
        stage = act.call.stage if act.call is not None else ""
        yield "act", act.rule.name, act.outcome, step, stage, befell.get(name)
    last: dict[tuple[str, str], Event] = {}
    for write in record.writes:
        where = write.namespace, write.key
        before = last.get(where)
        last[where] = write
        if before is not None and before.invocation != write.invocation:
            roles = record.role_of(before.invocation), record.role_of(write.invocation)
            yield "write", write.namespace, write.key.partition(":")[0], roles, before.verb, write.verb
    yield from combinations(properties, 1)
    yield from combinations(properties, 2)


def _class(status: int | None) -> int | None:
    return None if status is None else status // 100
