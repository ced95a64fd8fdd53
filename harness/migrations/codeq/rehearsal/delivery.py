"""The traffic goes on at codeQ: what was migrated is claimed and finished, and judged by what workers got."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.checklist.keyspace import planned_tiers
from harness.migrations.codeq.legacy_state import LegacyState
from harness.migrations.codeq.option_b.plan import TIERS, tier_of
from harness.migrations.codeq.services.local import Services, segment
from harness.model.verdict import Finding, Verdict, finding, verdict

_DONE = {"status": "COMPLETED", "result": {"ok": True}}


@dataclass
class Delivery:
    """What workers were handed, by command as in keys; ``refused``: results that were not taken.

    ``owners`` is how many tasks were finished, or tried to, by who had held them before.
    """

    owners: int = 0
    handed: dict[str, list[str]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    owners_refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def deliver(services: Services, before: LegacyState, most: int) -> Delivery:
    """Owners finish what they hold; then at most ``most`` tasks of each queue are claimed and finished."""
    seen = Delivery()
    for task_id, (worker, pttl) in sorted(before.leases.items()):
        if pttl > 0 and task_id in before.parsed:
            seen.owners += 1
            answer = await services.new(f"/tasks/{segment(task_id)}/result", _DONE, services.worker(worker))
            if answer.status_code != 200:
                seen.owners_refused.append(f"{task_id} ({answer.status_code} {answer.text[:60]})")
    for _, queue in sorted(before.queues.items()):
        ids = queue.get(legacy.PENDING, [])
        known = [before.parsed[one].command for one in ids if one in before.parsed]
        if known:
            await _drain(services, before, seen, known[0], most)
    return seen


async def _drain(services: Services, before: LegacyState, seen: Delivery, command: str, most: int) -> None:
    handed = seen.handed.setdefault(command.lower(), [])
    worker = services.worker(commands=(command,))
    while len(handed) < most:
        answer = await services.new("/tasks/claim", {"commands": [command]}, worker)
        if answer.status_code != 200:
            if answer.status_code != 204:
                seen.errors.append(f"claim of {command}: {answer.status_code} {answer.text[:80]}")
            return
        task = answer.json()
        handed.append(task["id"])
        if _content(task) != _content(_written(before, task["id"])):
            seen.changed.append(task["id"])
        finished = await services.new(f"/tasks/{segment(task['id'])}/result", _DONE, worker)
        if finished.status_code != 200:
            seen.refused.append(f"{task['id']} ({finished.status_code} {finished.text[:60]})")


def _written(before: LegacyState, task_id: str) -> Mapping[str, Any]:
    """The members of a task as codeQ writes what it has read: nothing that is zero or empty, times anew."""
    task = before.parsed.get(task_id)
    return {} if task is None else task.struct()


def _content(task: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(task.get(name) for name in ("payload", "priority", "webhook", "createdAt"))


def judge(seen: Delivery, before: LegacyState, most: int, *, split: bool = False) -> list[Verdict]:
    """D1 to D5. ``most`` is how many of a queue were to be claimed; ``split``: tiers by priority."""
    lost, order, twice, passed = [], [], [], []
    queues = _expected(before, split=split)
    planned = [task_id for expected in queues.values() for task_id in expected[:most]]
    handed_out = sum(map(len, seen.handed.values()))
    for command, expected in queues.items():
        handed = seen.handed.get(command, [])
        twice += sorted(one for one, count in Counter(handed).items() if count > 1)
        lost += sorted(set(expected[:most]) - set(handed))
        asked, known = set(handed), set(expected)
        if [one for one in handed if one in known] != [one for one in expected if one in asked]:
            order.append(command)
        if split:
            passed += _passed_over(handed, before)
    return [
        verdict(
            "D1",
            "delivery: every pending task is handed out exactly once",
            [
                finding("{n} task{s} {were} never handed out", lost),
                finding("{n} task{s} {were} handed out more than once", twice, "codeq/H6"),
                finding("{n} claim{s} failed", seen.errors),
            ],
            looked=len(planned),
            at="pending tasks",
        ),
        verdict(
            "D2",
            "order: each queue is handed out in the order that was planned",
            [finding("{n} queue{s} came in another order", order)],
            looked=len(planned),
            at="pending tasks",
        ),
        verdict(
            "D3",
            "content: payload, priority, webhook and creation time arrive unchanged",
            [finding("{n} task{s} arrived changed", seen.changed)],
            looked=handed_out,
            at="tasks that were handed out",
        ),
        verdict(
            "D4",
            "completion: results are taken, also from those who held a task during the migration",
            [
                finding("{n} result{s} refused", seen.refused),
                _refused_owners(seen),
            ],
            looked=handed_out + seen.owners,
            at="results",
        ),
        *([_priorities(passed, handed_out)] if split else []),
    ]


def _expected(before: LegacyState, *, split: bool) -> dict[str, list[str]]:
    """Each command's pending ids in the order in which they must be handed out."""
    found: dict[str, list[str]] = {}
    planned = planned_tiers(before, split=split)
    for command, part in sorted(planned, key=lambda key: (key[0], -int(key[1][-1]))):
        found.setdefault(command, []).extend(reversed(planned[command, part]))
    return found


def _passed_over(handed: list[str], before: LegacyState) -> list[str]:
    """Tasks that were handed out after one of lower priority."""
    found, least = [], max(TIERS)
    for task_id in handed:
        tier = tier_of(before.parsed.get(task_id))
        found += [task_id] if tier > least else []
        least = min(least, tier)
    return found


def _priorities(passed: list[str], handed: int) -> Verdict:
    return verdict(
        "D5",
        "priorities: in each queue the higher comes first",
        [finding("{n} task{s} came after one of lower priority", passed, "codeq/H9")],
        looked=handed,
        at="tasks that were handed out",
    )


def _refused_owners(seen: Delivery) -> Finding | None:
    return finding("{n} task{s} could not be finished by {their} worker", seen.owners_refused, "codeq/H11")
