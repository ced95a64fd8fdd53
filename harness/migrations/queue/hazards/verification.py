"""The read that the documented migration takes for a verification: H19, H20."""

import itertools
from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.reading import begun, is_stale
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation.record import Record, kept_if_few
from harness.migrations.queue.simulation.timeline import of_call, of_read, of_write
from harness.model.log import chosen
from harness.model.verdict import Moment
from kvstore import Event

_OLD = {NEW_TASK: OLD_TASK, NEW_LEASE: OLD_LEASE}


def verified_by_a_read(record: Record) -> Diagnosis | None:
    """H19: a read right after the put fails a copy that is there, or passes one that others cannot see."""
    failed, passed = [], {}
    missed = [get for get in chosen(record.asked, verb="get") if get.entry is None]
    missed = [get for get in missed if not record.made_by_migration(get)]
    keys = {get.key for get in missed}
    for run, put, get in _verifications(record):
        if get.entry is None and is_stale(record, get) and "Failed to verify" in str(run.answer):
            failed.append(
                Case(get.key, (of_read(put), _told(get, "nothing, though it is there"), of_call(run)))
            )
        elif get.key not in keys or get.entry is None:
            continue
        elif (deletion := _original_deleted(record, run, get)) is not None:
            passed[get.key] = [of_read(put), _told(get, "found: verified"), of_write(deletion)]
    if failed:
        return diagnosed(
            "H19",
            "{n} copied key{s} {were} read as missing right after the put, and called failed",
            failed,
            "I26",
            "I16",
        )
    unseen = [
        Case(get.key, (*passed[get.key], _told(get, "nothing, though it is there")))
        for get in missed
        if get.key in passed and get.at >= passed[get.key][2].at and is_stale(record, get)
    ]
    return diagnosed(
        "H19",
        "{n} key{s} {were} verified and the original deleted, but not seen elsewhere",
        unseen,
        "I26",
        "I14",
    )


def any_value_will_do(record: Record) -> Diagnosis | None:
    """H20: the verification found another value than was put, and the original was deleted all the same."""
    cases = []
    for run, put, get in _verifications(record):
        if get.entry is None or put.entry is None or get.entry.value == put.entry.value:
            continue
        deletion = _original_deleted(record, run, get)
        if deletion is None:
            continue
        other = "an older value" if is_stale(record, get) else "what somebody else wrote"
        cases.append(Case(get.key, (of_read(put), _told(get, f"{other}: verified"), of_write(deletion))))
    return diagnosed(
        "H20",
        "{n} key{s} {were} verified by reading another value than was put, and the original deleted",
        cases,
        "I14",
        "I6",
    )


@kept_if_few
def _verifications(record: Record) -> Iterator[tuple[Call, Event, Event]]:
    """The runs' puts of copies, each with the get of the same key that follows it at once."""
    return (
        (run, put, get)
        for run in record.runs
        for put, get in itertools.pairwise(record.operations.get(run.name, ()))
        if put.verb == "put" and get.verb == "get" and get.key == put.key
        if put.error is None and get.error is None and put.key.startswith((NEW_TASK, NEW_LEASE))
    )


def _original_deleted(record: Record, run: Call, get: Event) -> Event | None:
    """The run's deletion of the original after the verification ``get``."""
    prefix = next(prefix for prefix in _OLD if get.key.startswith(prefix))
    original = _OLD[prefix] + get.key.removeprefix(prefix)
    since = begun(record, get)
    for write in record.versions.to(original):
        if write.verb == "delete" and write.invocation == run.name and write.at >= since:
            return write
    return None


def _told(get: Event, what: str) -> Moment:
    return Moment(get.at, get.invocation, f"get {get.key} → {what}")


VERIFICATION = (verified_by_a_read, any_value_will_do)
