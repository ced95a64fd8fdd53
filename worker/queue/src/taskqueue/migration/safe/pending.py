"""The pending list: deleted last on the way forward, built anew on the way back."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from taskqueue import bulk, keys
from taskqueue.formats.dual import pending_ids, stray_ids
from taskqueue.javascript import parse, stringify
from taskqueue.migration.safe.meter import Meter
from taskqueue.migration.safe.report import Step

# How many ids a note names.
NAMED: Final = 20


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
        step.notes.append(f"Not listed yet, but there: {_named(strays)}")
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
    return [f"The pending list had elements that are no ids: {_named(odd)}"] if odd else []


@dataclass(frozen=True, slots=True)
class Addition:
    """What the list is to get: ``present`` stays as it is, ``listed`` are its ids.

    ``queued`` tells when, of the ids that were read; ``unread`` did not fit; ``absent`` are not there.
    """

    present: list[Any]
    listed: list[str]
    queued: dict[str, str]
    unread: list[str]
    absent: list[str]


async def addition(meter: Meter, moved: Collection[str]) -> Addition:
    """Which of ``moved`` the list lacks; as many of their bodies are read as the budget allows."""
    text = await meter.get(keys.PENDING)
    listed = pending_ids(text)
    missing = sorted(set(moved).difference(listed), key=str.encode)
    most = bulk.KEYS_PER_GET * max(0, meter.left - 2)
    found = await bulk.texts(meter, [keys.OLD.task(id) for id in missing[:most]])
    bodies = {id: found[keys.OLD.task(id)] for id in missing[:most]}
    stored = None if text is None else _parsed(text)
    return Addition(
        stored if isinstance(stored, list) else [],
        listed,
        {id: _queued_at(body) for id, body in bodies.items() if body is not None},
        missing[most:],
        [id for id, body in bodies.items() if body is None],
    )


async def add(meter: Meter, new: Addition) -> None:
    """Put the list with what it lacks, by ``queuedAt`` and id, unread ids last.

    It gets no expiration: the old format gives it one with its first change.
    """
    ordered = sorted(new.queued, key=lambda id: (new.queued[id], id.encode())) + new.unread
    if ordered:
        await meter.put(keys.PENDING, stringify([*new.present, *ordered]))


def _queued_at(body: str) -> str:
    task = _parsed(body)
    queued = task.get("queuedAt") if isinstance(task, dict) else None
    return queued if isinstance(queued, str) else ""


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more
