"""The pending list: deleted last on the way forward, built anew on the way back."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from taskqueue import bulk, keys
from taskqueue.formats.dual import pending_ids, stray_ids
from taskqueue.javascript import parse, stringify
from taskqueue.migration.safe.meter import Meter
from taskqueue.migration.safe.report import Step, named


async def finish(meter: Meter, step: Step) -> bool:
    """Delete the list, unless it names a task that exists after all; whether it is gone.

    To be called when full listings show no old task. What they may not show yet was written last: the end of
    the list is looked up, as much of it as the budget allows.
    """
    text = await meter.get(keys.PENDING)
    if text is None:
        return True
    strays = await stray_ids(meter, pending_ids(text), bulk.KEYS_PER_GET * max(0, meter.left - 2))
    if strays:
        step.notes.append(f"Not listed yet, but there: {named(strays)}")
        return False
    step.notes += _oddities(text)
    await meter.delete(keys.PENDING)
    step.touched = True
    return True


def _oddities(text: str) -> list[str]:
    """What was in the list and is no id."""
    listed = _parsed(text)
    if not isinstance(listed, list):
        return ["The pending list was no array; every task was found by its own key"]
    odd = [stringify(item) for item in listed if not isinstance(item, str)]
    return [f"The pending list had elements that are no ids: {named(odd)}"] if odd else []


@dataclass(frozen=True, slots=True)
class Listed:
    """The list as it was read: ``present`` are its elements, ``ids`` those that are ids."""

    present: list[Any]
    ids: list[str]

    @classmethod
    async def read(cls, meter: Meter) -> "Listed":
        text = await meter.get(keys.PENDING)
        stored = None if text is None else _parsed(text)
        return cls(stored if isinstance(stored, list) else [], pending_ids(text))


@dataclass(frozen=True, slots=True)
class Addition:
    """What the list is to get: ``queued`` tells when, of the ids that were read; ``absent`` have no task."""

    queued: dict[str, str]
    absent: list[str]


async def addition(meter: Meter, listed: Listed, moved: Collection[str]) -> Addition:
    """Which of ``moved`` the list lacks, of as many as the budget allows."""
    missing = sorted(set(moved).difference(listed.ids), key=str.encode)
    missing = missing[: bulk.KEYS_PER_GET * max(0, meter.left - 2)]
    found = await bulk.texts(meter, [keys.OLD.task(id) for id in missing])
    bodies = {id: found[keys.OLD.task(id)] for id in missing}
    queued = {id: _queued_at(body) for id, body in bodies.items() if body is not None}
    return Addition(queued, [id for id in missing if id not in queued])


async def add(meter: Meter, listed: Listed, new: Addition) -> None:
    """Put the list with what it lacks, by ``queuedAt`` and id.

    It gets no expiration: the old format gives it one with its first change.
    """
    if new.queued:
        ordered = sorted(new.queued, key=lambda id: (new.queued[id], id.encode()))
        await meter.put(keys.PENDING, stringify([*listed.present, *ordered]))


def _queued_at(body: str) -> str:
    task = _parsed(body)
    queued = task.get("queuedAt") if isinstance(task, dict) else None
    return queued if isinstance(queued, str) else ""


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None
