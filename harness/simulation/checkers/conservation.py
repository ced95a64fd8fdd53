"""I1 Conservation: at every moment each live task is stored in one format or the other."""

from harness.layout import NEW_TASK, OLD_TASK, QUARANTINE, RESULT
from harness.simulation import moments
from harness.simulation.record import Record
from harness.verdict import Verdict, verdict
from kvstore import Entry

_TASK_KEYS = (OLD_TASK, NEW_TASK, QUARANTINE)


def conservation(record: Record) -> Verdict:
    lost: dict[str, None] = {}
    gap: dict[str, None] = {}
    ends: dict[str, int | None] = {}
    state = dict(record.start.entries)
    for key, entry in state.items():
        _note(ends, key, entry)
    for event, state in record.timeline():
        if event.verb == "put":
            _note(ends, event.key, event.entry)
            task = _task(event.key)
            if task in lost:
                gap[task] = lost.pop(task)
        elif (task := _task(event.key)) is not None and task in ends:
            end = ends[task]
            due = end is None or end * 1000 > event.at
            if (
                due
                and RESULT + task not in state
                and not any(prefix + task in state for prefix in _TASK_KEYS)
            ):
                lost[task] = None
    return verdict(
        "I1",
        "Conservation: no live task is ever without a key",
        [
            moments.finding(record, "{n} live task{s} {are} deleted and stored nowhere", list(lost)),
            moments.finding(record, "{n} live task{s} {were} stored nowhere for a while", list(gap)),
        ],
    )


def _note(ends: dict[str, int | None], key: str, entry: Entry | None) -> None:
    """The deadline of a task is that of its first key."""
    task = _task(key)
    if task is not None and entry is not None:
        ends.setdefault(task, entry.expiration)


def _task(key: str) -> str | None:
    return next((key[len(prefix) :] for prefix in _TASK_KEYS if key.startswith(prefix)), None)
