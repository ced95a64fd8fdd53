"""H10 to H17, found where they happen, and not where they do not."""

from harness.migrations.queue.hazards import reports as hazards
from tests.harness.queue.hazards.found import first_found, found, found_in, silent_in, told

CASES = [
    (
        hazards.failed_and_unlisted,
        "tasks=2 odd=corrupt",
        ("slack_corrupt",),
        "1 task that failed is listed nowhere any more: the run deleted the pending list all the same",
    ),
    (
        hazards.delete_failed,
        "tasks=2 faults=refused@operator-1.2:6",
        ("slack_000",),
        "1 task is in both formats: the old key could not be deleted, and nothing lists it any more",
    ),
    (
        hazards.unreadable_list,
        "tasks=2 odd=pending-broken",
        ("orchestrator:pending", "slack_000", "slack_001"),
        "the pending list cannot be read; the run answered 200, success true, and moved none of 2 tasks",
    ),
    (
        hazards.unreadable_list,
        "tasks=1 odd=pending-object",
        ("orchestrator:pending", "slack_000"),
        "the pending list cannot be read; the run answered 200, success true, and moved none of 1 tasks",
    ),
    (
        hazards.unlistable_leases,
        "tasks=1 leases=1 faults=refused@operator-1.2:8",
        ("slack_000",),
        "1 lease was left in the old format: they could not be listed, the pending list was gone already, "
        "and the run answered success true",
    ),
    (
        hazards.empty_list,
        "tasks=0 odd=pending-empty",
        ("orchestrator:pending",),
        "the empty pending list stays: each run completes successfully, and status says it is needed",
    ),
    (
        hazards.null_or_text,
        "tasks=1 odd=pending-null",
        ("orchestrator:pending",),
        "the pending list is null: status says that no migration is needed, the run that one is",
    ),
    (
        hazards.null_or_text,
        "tasks=1 odd=pending-text",
        ("a", "b"),
        "the pending list is a text, ab: its letters were taken for 2 task ids",
    ),
    (
        hazards.not_needed,
        "tasks=1 leases=1 odd=pending-absent",
        ("slack_000",),
        "1 task or lease of the old format is there, and the answer is that none is",
    ),
]

NOT_THERE = [
    (hazards.failed_and_unlisted, "tasks=2"),
    (hazards.failed_and_unlisted, "tasks=0 odd=corrupt"),  # nothing was moved, and the list is kept
    (hazards.failed_and_unlisted, "tasks=2 faults=refused@operator-1.2:6"),
    (hazards.delete_failed, "tasks=1 faults=refused@operator-1.2:6"),
    (hazards.delete_failed, "tasks=2 faults=unanswered@operator-1.2:6"),  # it was carried out
    (hazards.verified_as_missing, "tasks=2 faults=refused@operator-1.2:5"),
    (hazards.unreadable_list, "tasks=2 odd=pending-text"),
    (hazards.unreadable_list, "tasks=2 odd=pending-null"),
    (hazards.unlistable_leases, "tasks=1 faults=refused@operator-1.2:8"),
    (hazards.empty_list, "tasks=0"),
    (hazards.empty_list, "tasks=0 odd=pending-empty,pending-absent"),
    (hazards.null_or_text, "tasks=1 odd=pending-broken"),
    (hazards.not_needed, "tasks=0 odd=pending-absent"),
    (hazards.not_needed, "tasks=1 leases=1"),
]


test_the_hazard_is_found = found_in(CASES)
test_the_hazard_is_not_found_without_its_cause = silent_in(NOT_THERE)


def test_a_copy_that_cannot_be_read_yet_counts_as_failed() -> None:
    line = "conditions=hostile strategy=zero-downtime tasks=3 lookers=1"
    diagnosis = first_found(hazards.verified_as_missing, line)
    [task, *_] = diagnosis.keys
    put = told(diagnosis).index(f"operator-1.2 put queue:task:{task}")
    assert told(diagnosis)[put + 1] == f"operator-1.2 get queue:task:{task} → nothing"


def test_the_evidence_of_a_failed_delete_is_what_was_done_to_the_task() -> None:
    diagnosis = found(hazards.delete_failed, "tasks=2 faults=refused@operator-1.2:6")
    assert diagnosis is not None
    assert told(diagnosis)[:5] == [
        "operator-1.2 get orchestrator:queue:slack_000",
        "operator-1.2 put queue:task:slack_000",
        "operator-1.2 get queue:task:slack_000",
        "operator-1.2 delete orchestrator:queue:slack_000 → "
        "Error: KV DELETE failed: 500 Internal Server Error",
        "operator-1.2 delete orchestrator:pending",
    ]
