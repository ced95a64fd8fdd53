"""What is in the namespace when a simulation begins: tasks in the old format, and what is odd about them."""

from collections.abc import Callable, Mapping
from typing import Final

from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, PENDING, RESULT
from harness.migrations.queue.simulation.namespace import Population, encoded
from harness.migrations.queue.simulation.odd_entry import add_odd
from kvstore import Entry

_HOUR: Final = 3600


def populate(now: int, tasks: int, leases: int, odd: tuple[str, ...]) -> dict[str, Entry]:
    """The entries of a namespace: ``tasks`` that are listed, the first ``leases`` of them held."""
    population = Population(now)
    for number in range(tasks):
        population.list_task(f"slack_{number:03}")
    for number in range(min(leases, tasks)):
        population.add_lease(f"slack_{number:03}")
    pending: Entry | None = None
    for name in odd:
        if name in ODDITIES:
            pending = ODDITIES[name](population) or pending
        else:
            add_odd(population, name)
    if pending is None and (population.pending or "pending-empty" in odd):
        pending = Entry(encoded(population.pending), now + _HOUR)
    if pending is not None and "pending-absent" not in odd:
        population.entries[PENDING] = pending
    population.entries["event:slack_000"] = Entry(b'{"id":"slack_000"}', now + _HOUR)
    return dict(sorted(population.entries.items(), key=lambda item: item[0].encode()))


def migrated(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The same tasks and leases in the new format, as if nothing had ever gone wrong."""
    moved = {}
    for key, entry in entries.items():
        for old, new in ((OLD_TASK, NEW_TASK), (OLD_LEASE, NEW_LEASE)):
            if key.startswith(old):
                key = new + key.removeprefix(old)
        moved[key] = entry
    moved.pop(PENDING, None)
    return dict(sorted(moved.items(), key=lambda item: item[0].encode()))


def _duplicate(population: Population) -> None:
    population.pending.append(population.pending[0] if population.pending else "slack_gone")


def _dangling(population: Population) -> None:
    population.pending.insert(0, "slack_expired")


def _orphan(population: Population) -> None:
    population.add_task("slack_orphan")


def _orphan_lease(population: Population) -> None:
    population.list_task("slack_orphan_held")
    population.pending.remove("slack_orphan_held")
    population.add_lease("slack_orphan_held")


def _corrupt(population: Population) -> None:
    population.list_task("slack_corrupt", value=b'{"id":"slack_corrupt","con')


def _falsy(population: Population) -> None:
    population.list_task("slack_falsy", value=b"0")


def _metadata(population: Population) -> None:
    population.list_task("slack_meta", metadata='{"trace":"t-1"}')


def _permanent(population: Population) -> None:
    population.list_task("slack_permanent", expiration=None)


def _ending(population: Population) -> None:
    population.list_task("slack_ending", expiration=population.now + 200)


def _last_minute(population: Population) -> None:
    population.list_task("slack_last_minute", expiration=population.now + 30)


def _number(population: Population) -> None:
    body = b'{"id":"slack_number", "content":"x", "n":9007199254740993, "status":"pending"}'
    population.list_task("slack_number", value=body)


def _short_lease(population: Population) -> None:
    population.list_task("slack_short_lease")
    population.add_lease("slack_short_lease", seconds=45)


def _endless_lease(population: Population) -> None:
    population.list_task("slack_endless_lease")
    population.add_lease("slack_endless_lease", seconds=900, expires=False)


def _long_id(population: Population) -> None:
    """501 bytes: a key of the new format holds it, none of the old one, and no lease's."""
    task = "clawdbot_" + "x" * 492
    population.add_task(task)
    population.entries[NEW_TASK + task] = population.entries.pop(OLD_TASK + task)


def _long_ids(population: Population) -> None:
    """More of them than a note names."""
    for number in range(25):
        task = f"clawdbot_{number:02}_" + "x" * 489
        population.entries[NEW_TASK + task] = population.task(task)


def _long_result(population: Population) -> None:
    population.list_task("clawdbot_" + "y" * 484)  # 493 bytes: no result's key holds it


def _unusual_ids(population: Population) -> None:
    for task in ("clawdbot_a:b", "clawdbot_日本", "clawdbot_a b", "task10", "task2"):
        population.list_task(task)


def _not_text(population: Population) -> None:
    population.pending += [None, "", 7]


def _completed(population: Population) -> None:
    population.list_task("slack_completed")
    result = Entry(b'{"success":true,"output":"done before"}', population.now + _HOUR)
    population.entries[RESULT + "slack_completed"] = result


def _in_both(population: Population) -> None:
    population.list_task("slack_both")
    body = {"id": "slack_both", "content": "the work of slack_both", "status": "processing"}
    population.entries[NEW_TASK + "slack_both"] = Entry(encoded(body), population.now + _HOUR)


def _copied_before(population: Population) -> None:
    """What an earlier attempt left, and workers of the new code went on with."""
    for task in population.pending:
        original = population.entries.get(OLD_TASK + str(task))
        if original is not None:
            body = {"id": task, "content": f"the work of {task}", "status": "processing"}
            population.entries[NEW_TASK + task] = Entry(encoded(body), original.expiration)


def _pending_broken(population: Population) -> Entry:
    return Entry(b"[oops", population.now + _HOUR)


def _pending_object(population: Population) -> Entry:
    return Entry(b'{"a":1}', population.now + _HOUR)


def _pending_null(population: Population) -> Entry:
    return Entry(b"null", population.now + _HOUR)


def _pending_text(population: Population) -> Entry:
    return Entry(b'"ab"', population.now + _HOUR)


def _nothing(population: Population) -> None:
    """What is odd is said where the pending list is put together."""


Oddity = Callable[[Population], Entry | None]

ODDITIES: Final[dict[str, Oddity]] = {
    "duplicate": _duplicate,
    "dangling": _dangling,
    "orphan": _orphan,
    "orphan-lease": _orphan_lease,
    "corrupt": _corrupt,
    "falsy": _falsy,
    "metadata": _metadata,
    "permanent": _permanent,
    "ending": _ending,
    "last-minute": _last_minute,
    "number": _number,
    "short-lease": _short_lease,
    "endless-lease": _endless_lease,
    "long-id": _long_id,
    "long-ids": _long_ids,
    "long-result": _long_result,
    "unusual-ids": _unusual_ids,
    "not-text": _not_text,
    "completed": _completed,
    "in-both": _in_both,
    "pending-broken": _pending_broken,
    "pending-object": _pending_object,
    "pending-null": _pending_null,
    "pending-text": _pending_text,
    "pending-empty": _nothing,
    "pending-absent": _nothing,
    "copied-before": _copied_before,
}
