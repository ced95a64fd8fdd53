"""Scenarios with a hazard, H01 to H17, H27 to H33 and H41 to H48, scenarios without its cause, and what is
found in a scenario.
"""

from collections.abc import Iterable
from typing import TypeAlias

from harness.migrations.queue.hazards import (
    Detector,
    Diagnosis,
    capacity,
    crash_rollback,
    pending_list,
    reports,
)
from tests.harness.queue.simulation.runs import run

# A detector, the line of a scenario, and the keys and the sentence of what it finds there.
Case: TypeAlias = tuple[Detector, str, tuple[str, ...], str]

CASES: list[Case] = [
    (
        capacity.one_page_of_leases,
        "tasks=3 leases=3 page=1",
        ("slack_001", "slack_002"),
        "2 leases beyond the first page of 1 stayed in the old format, and no run will come for "
        "the rest: held tasks look free",
    ),
    (
        capacity.one_page_of_tasks,
        "tasks=3 page=2",
        ("slack_002",),
        "1 task is not shown: the listing ends after 2",
    ),
    (
        capacity.out_of_operations,
        "tasks=8 budget=20 runs=1",
        ("slack_004", "slack_005", "slack_006", "slack_007"),
        "4 tasks that nothing is wrong with were reported as failed: the run had spent its 20 operations "
        "with 4 moved",
    ),
    (
        capacity.moved_before,
        "tasks=8 budget=20 runs=2",
        ("slack_000", "slack_001", "slack_002", "slack_003"),
        "4 tasks that an earlier run had moved were reported as failed",
    ),
    (
        capacity.no_progress,
        "tasks=8 budget=12 runs=7",
        ("slack_007",),
        "1 task will never move: the ids of the 7 moved ones use up the operations of every run",
    ),
    (
        capacity.no_progress,
        "tasks=7 budget=12 runs=7",
        tuple(f"slack_00{number}" for number in range(7)),
        "the list of 7 moved tasks is never deleted: the run that moved the last had no operation left",
    ),
    (
        capacity.out_of_operations_for_leases,
        "tasks=2 leases=2 budget=13",
        ("slack_000", "slack_001"),
        "2 running tasks lost their lease: the pending list was deleted, the budget ended before the leases "
        "were moved, and no later run is needed",
    ),
    (
        capacity.day_used_up,
        "conditions=free tasks=8 spent=996 runs=1",
        ("slack_004", "slack_005", "slack_006", "slack_007"),
        "4 tasks were reported as failed: the writes of the day were used up when 4 were moved",
    ),
    (
        capacity.small_budget,
        "conditions=hostile tasks=13 runs=1",
        ("slack_012",),
        "1 task did not fit into a run of 50 operations, which moved 12",
    ),
    (
        reports.failed_and_unlisted,
        "tasks=2 odd=corrupt",
        ("slack_corrupt",),
        "1 task that failed is listed nowhere any more: the run deleted the pending list all the same",
    ),
    (
        reports.delete_failed,
        "tasks=2 faults=refused@operator-1.2:6",
        ("slack_000",),
        "1 task is in both formats: the old key could not be deleted, and nothing lists it any more",
    ),
    (
        reports.unreadable_list,
        "tasks=2 odd=pending-broken",
        ("orchestrator:pending", "slack_000", "slack_001"),
        "the pending list cannot be read; the run answered 200, success true, and moved none of 2 tasks",
    ),
    (
        reports.unreadable_list,
        "tasks=1 odd=pending-object",
        ("orchestrator:pending", "slack_000"),
        "the pending list cannot be read; the run answered 200, success true, and moved none of 1 tasks",
    ),
    (
        reports.unlistable_leases,
        "tasks=1 leases=1 faults=refused@operator-1.2:8",
        ("slack_000",),
        "1 lease was left in the old format: they could not be listed, the pending list was gone already, "
        "and the run answered success true",
    ),
    (
        reports.empty_list,
        "tasks=0 odd=pending-empty",
        ("orchestrator:pending",),
        "the empty pending list stays: each run completes successfully, and status says it is needed",
    ),
    (
        reports.null_or_text,
        "tasks=1 odd=pending-null",
        ("orchestrator:pending",),
        "the pending list is null: status says that no migration is needed, the run that one is",
    ),
    (
        reports.null_or_text,
        "tasks=1 odd=pending-text",
        ("a", "b"),
        "the pending list is a text, ab: its letters were taken for 2 task ids",
    ),
    (
        reports.not_needed,
        "tasks=1 leases=1 odd=pending-absent",
        ("slack_000",),
        "1 task or lease of the old format is there, and the answer is that none is",
    ),
    (
        pending_list.orphans,
        "tasks=1 odd=orphan",
        ("slack_orphan",),
        "1 task that no list named was not migrated, and the list that is looked at is gone",
    ),
    (
        pending_list.dangling,
        "tasks=1 odd=dangling",
        ("slack_expired",),
        "1 id without a task was reported as failed",
    ),
    (
        pending_list.duplicates,
        "tasks=1 odd=duplicate",
        ("slack_000",),
        "1 task listed twice was moved, and reported as failed for the second time",
    ),
    (
        pending_list.not_ids,
        "tasks=1 odd=not-text",
        ("null", '""', "7"),
        "3 elements of the list that cannot be an id were reported as tasks not found",
    ),
    (
        crash_rollback.put_back,
        "tasks=0 odd=in-both",
        ("slack_both",),
        "1 task in the new format was overwritten with the old copy: what was done since is undone",
    ),
    (
        crash_rollback.list_outlives_tasks,
        "tasks=1 faults=crash@operator-1.2:7",
        ("slack_000",),
        "the pending list stays with 1 moved task: each run calls them failed and keeps it",
    ),
    (
        crash_rollback.rollback_loses,
        "tasks=2 rollback=after",
        ("slack_000", "slack_001"),
        "2 tasks are lost: the rollback deleted the only copy, which the run had made",
    ),
]

NOT_THERE: list[tuple[Detector, str]] = [
    (capacity.one_page_of_leases, "tasks=3 leases=3 page=3"),
    (capacity.one_page_of_leases, "tasks=3 leases=3 page=1 odd=pending-absent"),
    (capacity.one_page_of_tasks, "tasks=3 page=3"),
    (capacity.out_of_operations, "tasks=8 budget=34 runs=1"),
    (capacity.moved_before, "tasks=8 budget=20 runs=1"),
    (capacity.moved_before, "tasks=2 odd=dangling,duplicate runs=3"),
    (capacity.no_progress, "tasks=5 budget=12 runs=7"),
    (capacity.out_of_operations_for_leases, "tasks=2 leases=2 budget=20"),
    (capacity.small_budget, "conditions=hostile tasks=12 runs=1"),
    (capacity.small_budget, "conditions=production tasks=13 runs=1"),
    (capacity.day_used_up, "conditions=free tasks=8 spent=990 runs=1"),
    (capacity.day_used_up, "conditions=production tasks=8 spent=996 runs=1"),
    (reports.failed_and_unlisted, "tasks=2"),
    (reports.failed_and_unlisted, "tasks=0 odd=corrupt"),  # nothing was moved, and the list is kept
    (reports.failed_and_unlisted, "tasks=2 faults=refused@operator-1.2:6"),
    (reports.delete_failed, "tasks=1 faults=refused@operator-1.2:6"),
    (reports.delete_failed, "tasks=2 faults=unanswered@operator-1.2:6"),  # it was carried out
    (reports.verified_as_missing, "tasks=2 faults=refused@operator-1.2:5"),
    (reports.unreadable_list, "tasks=2 odd=pending-text"),
    (reports.unreadable_list, "tasks=2 odd=pending-null"),
    (reports.unlistable_leases, "tasks=1 faults=refused@operator-1.2:8"),
    (reports.empty_list, "tasks=0"),
    (reports.empty_list, "tasks=0 odd=pending-empty,pending-absent"),
    (reports.null_or_text, "tasks=1 odd=pending-broken"),
    (reports.not_needed, "tasks=0 odd=pending-absent"),
    (reports.not_needed, "tasks=1 leases=1"),
    (pending_list.too_fast, "conditions=local tasks=0 producers=2 gap=1"),
    (pending_list.too_fast, "tasks=0 producers=1 events=1"),
    (pending_list.lost_update, "conditions=local tasks=3 producers=2"),
    (pending_list.orphans, "tasks=1"),
    (pending_list.orphans, "tasks=0 odd=orphan"),  # no list, no run
    (pending_list.dangling, "tasks=1 odd=duplicate"),
    (pending_list.dangling, "tasks=8 budget=20 runs=2"),
    (pending_list.duplicates, "tasks=1 odd=dangling"),
    (pending_list.duplicates, "tasks=8 budget=20 runs=2"),
    (pending_list.zombie_list, "strategy=zero-downtime tasks=1 daemons=1 producers=1"),
    (pending_list.not_ids, "tasks=1 odd=dangling,duplicate"),
    (crash_rollback.put_back, "tasks=2"),
    (crash_rollback.put_back, "tasks=2 faults=crash@operator-1.2:5"),  # again, but nobody has worked on it
    (crash_rollback.completed_again, "tasks=2 faults=crash@operator-1.2:5"),
    (crash_rollback.completed_again, "tasks=2 odd=completed"),
    (crash_rollback.list_outlives_tasks, "tasks=1 faults=crash@operator-1.2:6"),
    (crash_rollback.list_outlives_tasks, "tasks=1 odd=pending-empty"),
    (crash_rollback.two_operators, "tasks=4"),
    (crash_rollback.rollback_loses, "tasks=2"),
    (crash_rollback.rollback_loses, "tasks=2 rollback=halfway faults=crash@operator-1.2:3"),
    (crash_rollback.rollback_loses_newborn, "tasks=2 rollback=late"),
    (crash_rollback.rollback_out_of_operations, "tasks=2 rollback=after"),
    (crash_rollback.rollback_too_early, "conditions=local tasks=2 rollback=after colos=2"),
    (crash_rollback.rollback_too_early, "tasks=4 page=3 rollback=after"),  # it is the page that ends
]


def found(detect: Detector, line: str) -> Diagnosis | None:
    """What one detector says of the scenario of a line."""
    return detect(run(line))


def first_found(detect: Detector, line: str, seeds: Iterable[int] = range(1, 81)) -> Diagnosis:
    """The same of the first of some seeds in which it says anything."""
    for seed in seeds:
        diagnosis = detect(run(f"seed={seed} {line}"))
        if diagnosis is not None:
            return diagnosis
    raise AssertionError(f"no seed shows it: {line}")


def told(diagnosis: Diagnosis) -> list[str]:
    """The evidence without its moments: ``operator-1.2 put queue:task:slack_000``."""
    return [f"{moment.who} {moment.what}" for moment in diagnosis.moments]
