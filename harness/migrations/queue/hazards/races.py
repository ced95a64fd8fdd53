"""Two workers with one task, because no claim on KV is exclusive: H21, H22, H24, H25, H26."""

from collections.abc import Iterator

from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.claim import Claim, doubles
from harness.migrations.queue.hazards.reading import begun, is_stale, last_get, listings
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, RESULT
from harness.migrations.queue.simulation.expectation import task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_read, of_write
from harness.model.verdict import Moment
from kvstore import Event

_SECOND_MS = 1000


def race_in_one_location(record: Record) -> Diagnosis | None:
    """H21: both looked for leases before either had put its own, and each then read back its own."""
    cases = [
        Case(second.task, _evidence(record, first, second))
        for first, second in _overwritten(record)
        if first.call.colo == second.call.colo and _looked_before(record, first, second)
    ]
    return diagnosed("H21", "{n} task{s} {were} claimed by two workers at once in one location", cases, "I10")


def race_across_locations(record: Record) -> Diagnosis | None:
    """H22: two locations, and each reads its own put back."""
    cases = [
        Case(second.task, _evidence(record, first, second))
        for first, second in _overwritten(record)
        if first.call.colo != second.call.colo
    ]
    return diagnosed("H22", "{n} task{s} {were} claimed in two locations at once", cases, "I10")


def late_listing(record: Record) -> Diagnosis | None:
    """H24: the listing of leases did not show one that was there, and the claim overwrote it."""
    cases = []
    for first, second in _overwritten(record):
        look = _look(record, second)
        if look is None or look.verb != "scan" or begun(record, look) < first.write.at:
            continue
        listed = [one for one in listings(record, second.call.name) if one.prefix == look.key]
        if listed and listed[0].shows(second.write.key) is False:
            told = Moment(
                look.at, look.invocation, f"list {look.key} → without {second.write.key}, which is there"
            )
            cases.append(Case(second.task, (*_evidence(record, first, second), told)))
    return diagnosed(
        "H24",
        "{n} live lease{s} {were} missing from a listing, and overwritten by a claim",
        cases,
        "I10",
        "I26",
    )


def written_twice_in_a_second(record: Record) -> Diagnosis | None:
    """H25: KV takes one write a second for each key; the refusal is caught by nobody."""
    keys = (OLD_LEASE, NEW_LEASE, OLD_TASK, NEW_TASK, RESULT, "ratelimit:")
    cases = []
    for call in record.calls:
        if call.status != 500 or "429 Too Many Requests" not in str(call.answer):
            continue
        refused = [one for one in record.operations.get(call.name, ()) if one.code == "write-rate"]
        if refused and refused[-1].key.startswith(keys):
            evidence = (*_lately(record, refused[-1]), of_read(refused[-1]), of_call(call))
            cases.append(Case(refused[-1].key, evidence))
    return diagnosed(
        "H25", "{n} key{s} {were} written twice within a second: the request was answered 500", cases, "I20"
    )


def claimed_from_a_cache(record: Record) -> Diagnosis | None:
    """H26: the old code claims a task that it has in a cache, the new code the copy of it."""
    cases = []
    for first, second in doubles(record):
        if first.in_old_format == second.in_old_format:
            continue
        old = first if first.in_old_format else second
        read = last_get(record, old.call.name, OLD_TASK + old.task, old.call.answered)
        if read is not None and read.entry is not None and is_stale(record, read):
            told = Moment(
                read.at, read.invocation, f"get {read.key} → found, though it is deleted ({old.call.colo})"
            )
            deleted = [of_write(write) for write in record.versions.to(read.key) if write.verb == "delete"]
            cases.append(Case(old.task, (*_evidence(record, first, second), told, *deleted[-1:])))
    return diagnosed(
        "H26", "{n} task{s} {were} claimed by old code from a cache, and by new code", cases, "I10", "I26"
    )


def _overwritten(record: Record) -> Iterator[tuple[Claim, Claim]]:
    """Pairs of which the second put its lease over the first one's."""
    return ((first, second) for first, second in doubles(record) if first.write.key == second.write.key)


def _look(record: Record, claim: Claim) -> Event | None:
    """The last operation by which a claim could learn of leases, before it put its own."""
    prefix = NEW_LEASE if claim.write.key.startswith(NEW_LEASE) else OLD_LEASE
    looks = None
    for event in record.operations[claim.call.name]:
        if event.verb == "put" and event.key == claim.write.key:
            return looks
        if (event.verb == "scan" and event.key == prefix) or (
            event.verb == "get_many" and claim.write.key in event.keys
        ):
            looks = event
    return looks


def _looked_before(record: Record, first: Claim, second: Claim) -> bool:
    look = _look(record, second)
    return look is not None and begun(record, look) < first.write.at


def _lately(record: Record, refused: Event) -> list[Moment]:
    """The write that was less than a second earlier."""
    earlier = [write for write in record.versions.to(refused.key) if write.at <= refused.at]
    return [of_write(write) for write in earlier[-1:]]


def _evidence(record: Record, first: Claim, second: Claim) -> Iterator[Moment]:
    """Both claims, with what they looked at, and what became of it."""
    looks = [_look(record, claim) for claim in (first, second)]
    ends = [
        of_call(call)
        for call in record.calls
        if call.actor in (first.call.actor, second.call.actor)
        and call.answered > second.write.at
        and task_of(call) == first.task
    ]
    yield from (of_read(look) for look in looks if look is not None and look.verb == "scan")
    yield from (of_write(first.write), of_write(second.write), of_call(first.call), of_call(second.call))
    yield from ends[:2]


RACES = (
    race_in_one_location,
    race_across_locations,
    late_listing,
    written_twice_in_a_second,
    claimed_from_a_cache,
)
