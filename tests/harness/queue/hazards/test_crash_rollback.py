"""H41 to H48, found where they happen, and not where they do not."""

from harness.migrations.queue.hazards import crash_rollback as hazards
from tests.harness.queue.hazards.found import first_found, found_in, silent_in, told

CASES = [
    (
        hazards.put_back,
        "tasks=0 odd=in-both",
        ("slack_both",),
        "1 task in the new format was overwritten with the old copy: what was done since is undone",
    ),
    (
        hazards.list_outlives_tasks,
        "tasks=1 faults=crash@operator-1.2:7",
        ("slack_000",),
        "the pending list stays with 1 moved task: each run calls them failed and keeps it",
    ),
    (
        hazards.rollback_loses,
        "tasks=2 rollback=after",
        ("slack_000", "slack_001"),
        "2 tasks are lost: the rollback deleted the only copy, which the run had made",
    ),
]

NOT_THERE = [
    (hazards.put_back, "tasks=2"),
    (hazards.put_back, "tasks=2 faults=crash@operator-1.2:5"),  # again, but nobody has worked on it
    (hazards.completed_again, "tasks=2 faults=crash@operator-1.2:5"),
    (hazards.completed_again, "tasks=2 odd=completed"),
    (hazards.list_outlives_tasks, "tasks=1 faults=crash@operator-1.2:6"),
    (hazards.list_outlives_tasks, "tasks=1 odd=pending-empty"),
    (hazards.two_operators, "tasks=4"),
    (hazards.rollback_loses, "tasks=2"),
    (hazards.rollback_loses, "tasks=2 rollback=halfway faults=crash@operator-1.2:3"),
    (hazards.rollback_loses_newborn, "tasks=2 rollback=late"),
    (hazards.rollback_out_of_operations, "tasks=2 rollback=after"),
    (hazards.rollback_too_early, "conditions=local tasks=2 rollback=after colos=2"),
    (hazards.rollback_too_early, "tasks=4 page=3 rollback=after"),  # it is the page that ends
]


test_the_hazard_is_found = found_in(CASES)
test_the_hazard_is_not_found_without_its_cause = silent_in(NOT_THERE)


def test_a_status_that_a_worker_set_is_set_back_by_the_next_run() -> None:
    line = "strategy=new-first tasks=3 daemons=3 beat=5 runs=2 retry=60 faults=crash@operator-1.2:5"
    diagnosis = first_found(hazards.put_back, line)
    [copied, advanced, back] = told(diagnosis)
    key = f"queue:task:{diagnosis.keys[0]}"
    assert copied == f"operator-1.2 put {key}, status pending"
    assert advanced.startswith("daemon-")
    assert advanced.endswith(f" put {key}, status processing")
    assert back.endswith(f" put {key}, status pending")
    assert back.split()[0] not in (copied.split()[0], advanced.split()[0])


def test_a_task_that_was_completed_between_two_runs_comes_back() -> None:
    line = "tasks=1 daemons=1 runs=1 faults=refused@operator-1.2:6"
    diagnosis = first_found(hazards.completed_again, line)
    assert diagnosis.what == "1 completed task was copied again by the next run, to be executed twice"
    copied, *_, completed, again = told(diagnosis)
    assert copied == "operator-1.2 put queue:task:slack_000"
    assert completed.endswith(" put orchestrator:result:slack_000")
    assert again.endswith(" put queue:task:slack_000")


def test_each_of_two_operators_calls_the_work_of_the_other_failed() -> None:
    diagnosis = first_found(hazards.two_operators, "tasks=12 operators=2 within=2")
    assert "moved by one operator, and reported as failed to another meanwhile" in diagnosis.what
    key = f"orchestrator:queue:{diagnosis.keys[0]}"
    actors = {line.split(".")[0] for line in told(diagnosis) if key in line}
    assert actors == {"operator-1", "operator-2"}


def test_a_rollback_deletes_what_was_accepted_after_the_migration() -> None:
    diagnosis = first_found(hazards.rollback_loses_newborn, "tasks=0 rollback=late producers=1 events=1")
    assert diagnosis.keys == ("slack_1.001",)
    born, gone, _ = told(diagnosis)
    assert born == "producer-1.1 put queue:task:slack_1.001"
    assert gone.endswith(" delete queue:task:slack_1.001")


def test_a_rollback_ends_with_an_error_when_its_operations_are_spent() -> None:
    line = "tasks=2 rollback=late producers=2 events=8 gap=20 budget=12"
    diagnosis = first_found(hazards.rollback_out_of_operations, line)
    assert diagnosis.what.startswith("the rollback answered 500 after it had deleted 10 keys, with ")
    assert "POST /api/migrate/rollback → 500" in told(diagnosis)[-1]


def test_a_rollback_from_elsewhere_misses_what_is_younger_than_a_minute() -> None:
    diagnosis = first_found(hazards.rollback_too_early, "tasks=1 rollback=after colos=2")
    assert diagnosis.keys == ("slack_000",)
    put, scan, answer = diagnosis.moments
    assert scan.at - put.at < 60_000
    assert "deleted 0 new format keys (NRT)" in answer.what
