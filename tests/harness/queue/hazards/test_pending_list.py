"""H27 to H33, found where they happen, and not where they do not."""

from harness.migrations.queue.hazards import pending_list as hazards
from tests.harness.queue.hazards.found import first_found, found_in, silent_in, told

CASES = [
    (
        hazards.orphans,
        "tasks=1 odd=orphan",
        ("slack_orphan",),
        "1 task that no list named was not migrated, and the list that is looked at is gone",
    ),
    (
        hazards.dangling,
        "tasks=1 odd=dangling",
        ("slack_expired",),
        "1 id without a task was reported as failed",
    ),
    (
        hazards.duplicates,
        "tasks=1 odd=duplicate",
        ("slack_000",),
        "1 task listed twice was moved, and reported as failed for the second time",
    ),
    (
        hazards.not_ids,
        "tasks=1 odd=not-text",
        ("null", '""', "7"),
        "3 elements of the pending list that are no id were reported as tasks not found",
    ),
]

NOT_THERE = [
    (hazards.too_fast, "conditions=local tasks=0 producers=2 gap=1"),
    (hazards.too_fast, "tasks=0 producers=1 events=1"),
    (hazards.lost_update, "conditions=local tasks=3 producers=2"),
    (hazards.orphans, "tasks=1"),
    (hazards.orphans, "tasks=0 odd=orphan"),  # no list, no run
    (hazards.dangling, "tasks=1 odd=duplicate"),
    (hazards.dangling, "tasks=8 budget=20 runs=2"),
    (hazards.duplicates, "tasks=1 odd=dangling"),
    (hazards.duplicates, "tasks=8 budget=20 runs=2"),
    (hazards.zombie_list, "strategy=zero-downtime tasks=1 daemons=1 producers=1"),
    (hazards.not_ids, "tasks=1 odd=dangling,duplicate"),
]


test_the_hazard_is_found = found_in(CASES)
test_the_hazard_is_not_found_without_its_cause = silent_in(NOT_THERE)


def test_two_messages_in_one_second_leave_a_task_that_is_not_listed() -> None:
    diagnosis = first_found(hazards.too_fast, "tasks=0 producers=2 gap=1")
    [before, stored, refused, answer] = told(diagnosis)
    assert before.endswith(" put orchestrator:pending")
    assert stored.endswith(f" put orchestrator:queue:{diagnosis.keys[0]}")
    assert refused.endswith(" put orchestrator:pending → Error: KV PUT failed: 429 Too Many Requests")
    assert "POST /webhook/slack → 500" in answer


def test_the_second_of_two_changes_undoes_the_first() -> None:
    diagnosis = first_found(hazards.lost_update, "tasks=0 producers=2 colos=2")
    assert "no longer listed: a request put back the list that it had read before" in diagnosis.what
    *_, read, put = told(diagnosis)
    assert read.startswith(put.split()[0])
    assert " get orchestrator:pending" in read
    assert put.endswith(" put orchestrator:pending")


def test_a_late_result_puts_the_list_back_that_was_deleted() -> None:
    diagnosis = first_found(hazards.zombie_list, "tasks=1 daemons=1")
    [deleted, read, put] = told(diagnosis)
    assert deleted == "operator-1.2 delete orchestrator:pending"
    assert read.split()[0] == put.split()[0] != "operator-1.2"
    assert put.endswith("put orchestrator:pending")


def test_a_list_that_comes_back_may_name_tasks_that_were_moved() -> None:
    line = "tasks=8 producers=2 gap=1 colos=2 within=2"
    diagnosis = first_found(hazards.zombie_list, line)
    assert diagnosis.what.startswith("the pending list is back after its deletion, with ")
    assert "slack_000" in diagnosis.keys
