"""H01 to H08, found where they happen, and not where they do not."""

from harness.migrations.queue.hazards import capacity as hazards
from tests.harness.queue.hazards.found import first_found, found, found_in, silent_in, told

CASES = [
    (
        hazards.one_page_of_leases,
        "tasks=3 leases=3 page=1",
        ("slack_001", "slack_002"),
        "2 leases beyond the first page of 1 stayed in the old format, and no run will come for "
        "the rest: held tasks look free",
    ),
    (
        hazards.one_page_of_tasks,
        "tasks=3 page=2",
        ("slack_002",),
        "1 task is not shown: the listing ends after 2",
    ),
    (
        hazards.out_of_operations,
        "tasks=8 budget=20 runs=1",
        ("slack_004", "slack_005", "slack_006", "slack_007"),
        "4 tasks that nothing is wrong with were reported as failed: the run had spent its 20 operations "
        "with 4 moved",
    ),
    (
        hazards.moved_before,
        "tasks=8 budget=20 runs=2",
        ("slack_000", "slack_001", "slack_002", "slack_003"),
        "4 tasks that an earlier run had moved were reported as failed",
    ),
    (
        hazards.no_progress,
        "tasks=8 budget=12 runs=7",
        ("slack_007",),
        "1 task will never move: the ids of the 7 moved ones use up the operations of every run",
    ),
    (
        hazards.no_progress,
        "tasks=7 budget=12 runs=7",
        tuple(f"slack_00{number}" for number in range(7)),
        "the list of 7 moved tasks is never deleted: the run that moved the last had no operation left",
    ),
    (
        hazards.out_of_operations_for_leases,
        "tasks=2 leases=2 budget=13",
        ("slack_000", "slack_001"),
        "2 running tasks lost their lease: the pending list was deleted, the budget ended before the leases "
        "were moved, and no later run is needed",
    ),
    (
        hazards.day_used_up,
        "conditions=free tasks=8 spent=996 runs=1",
        ("slack_004", "slack_005", "slack_006", "slack_007"),
        "4 tasks were reported as failed: the writes of the day were used up when 4 were moved",
    ),
    (
        hazards.small_budget,
        "conditions=hostile tasks=13 runs=1",
        ("slack_012",),
        "1 task did not fit into a run of 50 operations, which moved 12",
    ),
]

NOT_THERE = [
    (hazards.one_page_of_leases, "tasks=3 leases=3 page=3"),
    (hazards.one_page_of_leases, "tasks=3 leases=3 page=1 odd=pending-absent"),
    (hazards.one_page_of_tasks, "tasks=3 page=3"),
    (hazards.out_of_operations, "tasks=8 budget=34 runs=1"),
    (hazards.moved_before, "tasks=8 budget=20 runs=1"),
    (hazards.moved_before, "tasks=2 odd=dangling,duplicate runs=3"),
    (hazards.no_progress, "tasks=5 budget=12 runs=7"),
    (hazards.out_of_operations_for_leases, "tasks=2 leases=2 budget=20"),
    (hazards.small_budget, "conditions=hostile tasks=12 runs=1"),
    (hazards.small_budget, "conditions=production tasks=13 runs=1"),
    (hazards.day_used_up, "conditions=free tasks=8 spent=990 runs=1"),
    (hazards.day_used_up, "conditions=production tasks=8 spent=996 runs=1"),
]


test_the_hazard_is_found = found_in(CASES)
test_the_hazard_is_not_found_without_its_cause = silent_in(NOT_THERE)


def test_the_evidence_of_a_livelock_is_a_run_that_moves_nothing() -> None:
    diagnosis = found(hazards.no_progress, "tasks=8 budget=12 runs=7")
    assert diagnosis is not None
    refused, answer = told(diagnosis)
    assert refused.endswith(
        "delete orchestrator:queue:slack_007 → Error: Too many API requests by single Worker invocation."
    )
    assert "POST /api/migrate/run → 207, message Migration completed with 8 failures (AMS)" in answer


def test_a_rollback_that_ends_with_the_first_page_is_found() -> None:
    diagnosis = first_found(hazards.one_page_of_tasks, "tasks=4 page=3 rollback=after")
    assert diagnosis.keys == ("slack_003",)
    assert diagnosis.what == "1 task is still in the new format: the rollback ended after 3"
