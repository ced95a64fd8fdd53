"""The checks that look at keys: V1 records, V2 pending, V3 leases, V6 conservation, V7 retention, V8 types,
V11 ownership."""

from collections import Counter
from collections.abc import Iterator

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.checklist.inspection import Inspection
from harness.migrations.codeq.legacy_state import FINISHED, LegacyState
from harness.migrations.codeq.option_b.plan import is_split, tier_of
from harness.migrations.redis.keyspace.snapshot import changed
from harness.migrations.redis.mapping.plan import COPY
from harness.model.verdict import Finding, Verdict, finding, verdict
from kvstore.clock import iso

_DAY = 86_400


async def records(seen: Inspection) -> Verdict:
    """V1: every record is there, unchanged, under its own id, and codeQ can read it."""
    before, after = seen.before.tasks, seen.after.tasks
    parsed = seen.after.parsed
    found = [
        finding("{n} record{s} of the old hash {are} not in codeq:tasks", sorted(set(before) - set(after))),
        finding("{n} record{s} in codeq:tasks that the source never had", sorted(set(after) - set(before))),
        finding(
            "{n} record{s} {are} not what they were",
            [one for one, text in after.items() if one in before and before[one] != text],
        ),
        finding(
            "{n} record{s} codeQ cannot read: claims drop the id for ever",
            [one for one in after if one not in parsed],
            "codeq/H10",
        ),
        finding(
            "{n} record{s} under another id than their own",
            [one for one, task in parsed.items() if task.id != one],
        ),
    ]
    title = "records: codeq:tasks has every task, unchanged and readable"
    return verdict("V1", title, found, looked=len(before.keys() | after), at="tasks")


async def pending(seen: Inspection) -> Verdict:
    """V2: each tier is what was planned, id by id from left to right; by the guide, all in tier 0."""
    found: list[Finding | None] = []
    planned = planned_tiers(seen.before, split=is_split(seen.plan))
    new = {key: ids for key, ids in seen.after.queues.items() if key[1].startswith("pending:") and ids}
    for command, part in sorted(planned.keys() | new.keys()):
        was, has = planned.get((command, part), []), new.get((command, part), [])
        if was != has:
            what = f"{command}:{part}: {len(was):,} were planned, {len(has):,} are there, or in another order"
            found.append(finding(what, sorted(set(was) ^ set(has)) or has))
    known = {command.lower() for command in seen.before.queues}
    found.append(
        finding(
            "{n} queue{s} under a name that codeQ never asks for: a spelling, or a tenant's",
            sorted({command for command, _ in new} - known),
            "codeq/H14",
            "codeq/H15",
        )
    )
    title = "pending: each list is what was planned, in its order"
    return verdict("V2", title, found, looked=len(planned.keys() | new), at="pending lists")


def planned_tiers(before: LegacyState, *, split: bool) -> dict[tuple[str, str], list[str]]:
    """(command, ``pending:<tier>``) → ids from left to right, as they must be after the migration."""
    planned: dict[tuple[str, str], list[str]] = {}
    for command, queue in before.queues.items():
        for task_id in queue.get(legacy.PENDING, []):
            tier = tier_of(before.parsed.get(task_id)) if split else 0
            planned.setdefault((command.lower(), f"pending:{tier}"), []).append(task_id)
    return planned


async def leases(seen: Inspection) -> Verdict:
    """V3: in progress are the same ids, each with its lease, its worker and an end."""
    before, after = seen.before, seen.after
    was, has = set(before.ids(legacy.INPROG)), set(after.ids("inprog"))
    expired = {one for one in was if before.leases.get(one, ("", 0))[1] <= 0}
    endless = {one for one, (_, pttl) in after.leases.items() if pttl < 0}
    unheld = {one for one in has - expired if one not in after.leases}
    longer = {
        one
        for one, (_, pttl) in after.leases.items()
        if one in before.leases and pttl > max(before.leases[one][1], 0) + 1000
    }
    owners = {one: task.worker_id for one, task in after.parsed.items()}
    found = [
        finding("{n} id{s} no longer in progress, or newly so", sorted(was ^ has)),
        finding("{n} in progress lost {their} lease", sorted(unheld), "codeq/H4", "codeq/H12"),
        finding("{n} lease{s} without an end: codeQ takes it for expired", sorted(endless), "codeq/H4"),
        finding("{n} lease{s} of nothing in progress", sorted(set(after.leases) - has)),
        finding(
            "{n} lease{s} with another worker than the task's",
            sorted(one for one, (worker, _) in after.leases.items() if owners.get(one, worker) != worker),
            "codeq/H11",
        ),
        finding(
            "{n} in progress {have} no lease, and had none left before: retried at once, attempts +1",
            sorted(expired & has),
            "codeq/H4",
        ),
    ]
    if not seen.extended:
        found.append(finding("{n} lease{s} last longer than before", sorted(longer)))
    title = "leases: every task in progress has its lease, worker and time"
    return verdict("V3", title, found, looked=len(was | has | after.leases.keys()), at="tasks in progress")


async def conservation(seen: Inspection) -> Verdict:
    """V6: every id of the source is in exactly one place."""
    after = seen.after
    places: Counter[str] = Counter()
    for part in ("pending", "inprog", "delayed", "dlq"):
        places.update(after.ids(part))
    finished = {one for one, task in after.parsed.items() if task.status in FINISHED}
    known = (
        set(seen.before.tasks) | set(seen.before.ids(legacy.PENDING)) | set(seen.before.ids(legacy.INPROG))
    )

    def strange(task_id: str, command: str) -> bool:
        task = after.parsed.get(task_id)
        return task is not None and task.command.lower() != command

    found = [
        finding(
            "{n} id{s} in two places or twice in one",
            sorted(one for one, count in places.items() if count > 1),
            "codeq/H6",
            "codeq/H7",
        ),
        finding(
            "{n} task{s} in no queue and not finished", sorted(known - set(places) - finished), "codeq/H3"
        ),
        finding("{n} finished task{s} in a queue: it runs again", sorted(finished & set(places)), "codeq/H5"),
        finding(
            "{n} queued id{s} without a record: dropped at the first claim",
            sorted(set(places) - set(after.tasks)),
            "codeq/H8",
        ),
        finding(
            "{n} id{s} in the queue of another command than the task's own: handed out for ever, "
            "completed or not",
            sorted({one for (name, _), ids in after.queues.items() for one in ids if strange(one, name)}),
        ),
    ]
    title = "conservation: every id is in exactly one place"
    return verdict("V6", title, found, looked=len(known | set(places)), at="ids")


async def retention(seen: Inspection) -> Verdict:
    """V7: the scores are the old ones, within a day of when the data is from, and no task is without one."""
    before, after = seen.before.scores, seen.after.scores
    when = iso(seen.moment * 1000)
    found = [
        finding("{n} score{s} changed or missing", changed(before, after)),
        finding(
            f"{{n}} score{{s}} further than a day from {when}: milliseconds, or another clock?",
            sorted(one for one, score in after.items() if abs(score - seen.moment) > _DAY),
            "codeq/H17",
        ),
        finding("{n} task{s} without a score: never cleaned up", sorted(set(seen.after.tasks) - set(after))),
    ]
    title = "retention: the scores are unchanged and plausible"
    return verdict("V7", title, found, looked=len(before.keys() | after.keys()), at="scores")


async def types(seen: Inspection) -> Verdict:
    """V8: every key has the type that codeQ expects; the source is gone (rename) or untouched (copy)."""
    title = "types: every key is of codeQ's type, the source gone or untouched"
    keys = len(seen.before.snapshot.entries) + len(seen.after.snapshot.entries)
    return verdict("V8", title, _types(seen), looked=keys, at="keys")


def _types(seen: Inspection) -> Iterator[Finding | None]:
    yield finding("{n} key{s} of a wrong type or name", seen.after.wrong_types, "codeq/H1", "codeq/H16")
    left = seen.left.entries
    if seen.plan.mode != COPY:
        yield finding("{n} legacy key{s} left, or written since: stragglers", sorted(left), "codeq/H19")
        return
    written = [
        key
        for key in seen.before.snapshot.changed(seen.left)
        if key in left or not key.startswith(legacy.LEASE)  # a lease that is gone is over
    ]
    yield finding("{n} legacy key{s} changed since the freeze", written, "codeq/H19")


async def ownership(seen: Inspection) -> Verdict:
    """V11: a worker that holds a task will come back under the same name."""
    held = {one: worker for one, (worker, _) in seen.after.leases.items()}
    strange = [one for one, worker in held.items() if seen.workers is not None and worker not in seen.workers]
    found = finding(
        "{n} task{s} held under a name that no worker's token carries: 403 until the lease ends",
        sorted(strange),
        "codeq/H11",
    )
    title = "ownership: every lease belongs to a known worker"
    looked = 0 if seen.workers is None else len(held)
    return verdict("V11", title, [found], looked=looked, at="leases to compare with known workers")
