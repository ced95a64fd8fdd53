"""In what two simulations of a migration, with nobody else at work, ended differently."""

from collections.abc import Mapping, Set

from harness.migrations.queue.layout import NEW_TASK, NOTES, OLD_TASK, PENDING, belongs_to_migration
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.state import parsed
from harness.model.verdict import Finding
from kvstore import Entry


def is_quiet(scenario: Scenario) -> bool:
    """Whether nobody but one operator is at work, who goes all the way.

    Others would not do the same at another time, and half the way is not the same half; nor does a day whose
    operations are used up end at the same place.
    """
    alone = not scenario.producers and not scenario.daemons and scenario.operators == 1
    return alone and not scenario.spent and scenario.rollback in ("never", "after")


def differences(record: Record, reference: Record) -> list[Finding | None]:
    """Keys, bytes, metadata and expirations of the queue that differ in the end.

    The two may have taken different times: what expired in either meanwhile does not count.
    """
    late = max(record.ended, reference.ended)
    here, there = _lasting(record.final.entries, late), _lasting(reference.final.entries, late)
    both = [key for key in here if key in there]
    left = {*map(_task, here), *map(_task, there)}
    ended = {
        repr(_task(key))
        for key, entry in record.start.entries.items()
        if key.startswith((OLD_TASK, NEW_TASK)) and (not _lasts(entry, late) or _task(key) not in left)
    }
    changed = [key for key in both if _said(key, here[key], ended) != _said(key, there[key], ended)]
    return [
        _finding(record, "{n} key{s} {are} missing", [key for key in there if key not in here]),
        _finding(record, "{n} key{s} {are} there that should not be", [k for k in here if k not in there]),
        _finding(record, "{n} key{s} {have} other bytes, metadata or expiration", changed),
    ]


def _task(key: str) -> str:
    return key.removeprefix(OLD_TASK).removeprefix(NEW_TASK)


def _said(key: str, entry: Entry, ended: Set[str]) -> object:
    """What an entry says. A rollback adds to the list step by step: its order shows how big they were, and
    what it names of those that ``ended`` whether it was read before their end.
    """
    listed = parsed(entry) if key == PENDING else None
    return sorted({*map(repr, listed)} - ended) if isinstance(listed, list) else entry


def _lasting(entries: Mapping[str, Entry], late: int) -> dict[str, Entry]:
    return {
        key: entry
        for key, entry in entries.items()
        if belongs_to_migration(key) and not key.startswith(NOTES)
        if _lasts(entry, late)
    }


def _lasts(entry: Entry, late: int) -> bool:
    return entry.expiration is None or entry.expiration * 1000 > late


def _finding(record: Record, what: str, keys: list[str]) -> Finding | None:
    written = record.versions.to(keys[0]) if keys else ()
    return timeline.shown_by(what, keys, [*written, *record.runs])
