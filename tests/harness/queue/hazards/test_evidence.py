"""What the evidence of H01 to H17, H27 to H33 and H41 to H48 says, and those that only some seeds show."""

from harness.migrations.queue.hazards import capacity, crash_rollback, pending_list, reports
from tests.harness.queue.hazards.cases import first_found, found, told


def test_the_evidence_of_a_livelock_is_a_run_that_moves_nothing() -> None:
    diagnosis = found(capacity.no_progress, "tasks=8 budget=12 runs=7")
    assert diagnosis is not None
    refused, answer = told(diagnosis)
    assert refused.endswith(
        "delete orchestrator:queue:slack_007 → Error: Too many API requests by single Worker invocation."
    )
    assert "POST /api/migrate/run → 207, message Migration completed with 8 failures (AMS)" in answer


def test_a_rollback_that_ends_with_the_first_page_is_found() -> None:
    diagnosis = first_found(capacity.one_page_of_tasks, "tasks=4 page=3 rollback=after")
    assert diagnosis.keys == ("slack_003",)
    assert diagnosis.what == "1 task is still in the new format: the rollback ended after 3"


def test_a_copy_that_cannot_be_read_yet_counts_as_failed() -> None:
    line = "conditions=hostile strategy=zero-downtime tasks=3 lookers=1"
    diagnosis = first_found(reports.verified_as_missing, line)
    [task, *_] = diagnosis.keys
    put = told(diagnosis).index(f"operator-1.2 put queue:task:{task}")
    assert told(diagnosis)[put + 1] == f"operator-1.2 get queue:task:{task} → nothing"


def test_the_evidence_of_a_failed_delete_is_what_was_done_to_the_task() -> None:
    diagnosis = found(reports.delete_failed, "tasks=2 faults=refused@operator-1.2:6")
    assert diagnosis is not None
    assert told(diagnosis)[:5] == [
        "operator-1.2 get orchestrator:queue:slack_000",
        "operator-1.2 put queue:task:slack_000",
        "operator-1.2 get queue:task:slack_000",
        "operator-1.2 delete orchestrator:queue:slack_000 → "
        "Error: KV DELETE failed: 500 Internal Server Error",
        "operator-1.2 delete orchestrator:pending",
    ]


def test_two_messages_in_one_second_leave_a_task_that_is_not_listed() -> None:
    diagnosis = first_found(pending_list.too_fast, "tasks=0 producers=2 gap=1")
    [before, stored, refused, answer] = told(diagnosis)
    assert before.endswith(" put orchestrator:pending")
    assert stored.endswith(f" put orchestrator:queue:{diagnosis.keys[0]}")
    assert refused.endswith(" put orchestrator:pending → Error: KV PUT failed: 429 Too Many Requests")
    assert "POST /webhook/slack → 500" in answer


def test_the_second_of_two_changes_undoes_the_first() -> None:
    diagnosis = first_found(pending_list.lost_update, "tasks=0 producers=2 colos=2")
    assert "no longer listed: a request put back the list that it had read before" in diagnosis.what
    *_, read, put = told(diagnosis)
    assert read.startswith(put.split()[0])
    assert " get orchestrator:pending" in read
    assert put.endswith(" put orchestrator:pending")


def test_a_late_result_puts_the_list_back_that_was_deleted() -> None:
    diagnosis = first_found(pending_list.zombie_list, "tasks=1 daemons=1")
    [deleted, read, put] = told(diagnosis)
    assert deleted == "operator-1.2 delete orchestrator:pending"
    assert read.split()[0] == put.split()[0] != "operator-1.2"
    assert put.endswith("put orchestrator:pending")


def test_a_list_that_comes_back_may_name_tasks_that_were_moved() -> None:
    line = "tasks=8 producers=2 gap=1 colos=2 within=2"
    diagnosis = first_found(pending_list.zombie_list, line)
    assert diagnosis.what.startswith("the pending list is back after its deletion, with ")
    assert "slack_000" in diagnosis.keys


def test_a_status_that_a_worker_set_is_set_back_by_the_next_run() -> None:
    line = "strategy=new-first tasks=3 daemons=3 beat=5 runs=2 retry=60 faults=crash@operator-1.2:5"
    diagnosis = first_found(crash_rollback.put_back, line)
    [copied, advanced, back] = told(diagnosis)
    key = f"queue:task:{diagnosis.keys[0]}"
    assert copied == f"operator-1.2 put {key}, status pending"
    assert advanced.startswith("daemon-")
    assert advanced.endswith(f" put {key}, status processing")
    assert back.endswith(f" put {key}, status pending")
    assert back.split()[0] not in (copied.split()[0], advanced.split()[0])


def test_a_task_that_was_completed_between_two_runs_comes_back() -> None:
    line = "tasks=1 daemons=1 runs=1 faults=refused@operator-1.2:6"
    diagnosis = first_found(crash_rollback.completed_again, line)
    assert diagnosis.what == "1 completed task was copied again by the next run, to be executed twice"
    copied, *_, completed, again = told(diagnosis)
    assert copied == "operator-1.2 put queue:task:slack_000"
    assert completed.endswith(" put orchestrator:result:slack_000")
    assert again.endswith(" put queue:task:slack_000")


def test_each_of_two_operators_calls_the_work_of_the_other_failed() -> None:
    diagnosis = first_found(crash_rollback.two_operators, "tasks=12 operators=2 within=2")
    assert "moved by one operator, and reported as failed to another meanwhile" in diagnosis.what
    key = f"orchestrator:queue:{diagnosis.keys[0]}"
    actors = {line.split(".")[0] for line in told(diagnosis) if key in line}
    assert actors == {"operator-1", "operator-2"}


def test_a_rollback_deletes_what_was_accepted_after_the_migration() -> None:
    diagnosis = first_found(
        crash_rollback.rollback_loses_newborn, "tasks=0 rollback=late producers=1 events=1"
    )
    assert diagnosis.keys == ("slack_1.001",)
    born, gone, _ = told(diagnosis)
    assert born == "producer-1.1 put queue:task:slack_1.001"
    assert gone.endswith(" delete queue:task:slack_1.001")


def test_a_rollback_ends_with_an_error_when_its_operations_are_spent() -> None:
    line = "tasks=2 rollback=late producers=2 events=8 gap=20 budget=12"
    diagnosis = first_found(crash_rollback.rollback_out_of_operations, line)
    assert diagnosis.what.startswith("the rollback answered 500 after it had deleted 10 keys, with ")
    assert "POST /api/migrate/rollback → 500" in told(diagnosis)[-1]


def test_a_rollback_from_elsewhere_misses_what_is_younger_than_a_minute() -> None:
    diagnosis = first_found(crash_rollback.rollback_too_early, "tasks=1 rollback=after colos=2")
    assert diagnosis.keys == ("slack_000",)
    put, scan, answer = diagnosis.moments
    assert scan.at - put.at < 60_000
    assert "deleted 0 new format keys (NRT)" in answer.what
