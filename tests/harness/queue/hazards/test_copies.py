"""H49 to H57, H63, H65, H66, H68, H74: what the copies are, and what people see of them."""

import pytest

from harness.migrations.queue.hazards import Detector, content, deployment, ids, lifetime
from tests.harness.queue.hazards.cases import first_found, found, told

# Detector, scenario, keys, sentence.
_CORRUPT = "1 task that is no JSON broke claims, or the migration lost its body"
_LATE = "1 task or lease with less than a minute left did not end in time"
_STRANDED = "1 task was accepted in the old format after the run, and stranded by the new code"
_REWRITTEN = "1 task was parsed and written again, and changed by it"
_LEFT = "1 task with a falsy value was called not found and left behind"
_RENEWED = "1 task was given a new life of an hour by the migration: executed late"
_REFUSED = "1 worker asked for leases of less than a minute and got 500"
_MORTAL = "1 task without expiration will die: the copy has one"
_FREED = "1 lease without expiration will end: the copy has one"

CASES: list[tuple[Detector, str, tuple[str, ...], str]] = [
    (lifetime.life_renewed, "tasks=1", ("slack_000",), _RENEWED),
    (lifetime.end_given, "tasks=1 odd=permanent", ("slack_permanent",), _MORTAL),
    (lifetime.last_minute, "tasks=0 odd=last-minute within=10", ("slack_last_minute",), _LATE),
    (lifetime.last_minute, "tasks=0 odd=short-lease within=10", ("slack_short_lease",), _LATE),
    (lifetime.endless_lease, "tasks=0 odd=endless-lease", ("slack_endless_lease",), _FREED),
    (lifetime.short_lease, "daemons=1 lease=30", ("daemon-1",), _REFUSED),
    (content.metadata_lost, "tasks=1 odd=metadata", ("slack_meta",), "1 task lost its metadata on the way"),
    (content.rewritten, "tasks=1 odd=number", ("slack_number",), _REWRITTEN),
    (content.falsy, "tasks=1 odd=falsy", ("slack_falsy",), _LEFT),
    (content.corrupt, "tasks=1 odd=corrupt", ("slack_corrupt",), _CORRUPT),
    (content.corrupt, "tasks=0 odd=corrupt daemons=1 within=200", ("slack_corrupt",), _CORRUPT),
    (deployment.filled_after_the_run, "tasks=1 producers=1 within=2", ("slack_1.001",), _STRANDED),
]


@pytest.mark.parametrize(("detect", "line", "keys", "what"), CASES)
def test_found(detect: Detector, line: str, keys: tuple[str, ...], what: str) -> None:
    diagnosis = first_found(detect, line)
    assert (diagnosis.keys, diagnosis.what) == (keys, what)
    assert 2 <= len(diagnosis.moments) <= 10


def test_a_renewed_life_is_told_in_seconds() -> None:
    diagnosis = found(lifetime.life_renewed, "tasks=1")
    assert diagnosis is not None
    assert "its copy ends in 3600 s" in told(diagnosis)[0]


def test_a_rounded_number_is_shown() -> None:
    diagnosis = found(content.rewritten, "tasks=0 odd=number")
    assert diagnosis is not None
    assert ["9007199254740993" in line for line in told(diagnosis)] == [True, False]


def test_a_corrupt_task_that_is_failed_once_and_kept_in_the_end_is_none() -> None:
    line = "seed=1 conditions=hostile migration=safe strategy=zero-downtime claims=coordinator tasks=4 "
    assert (
        found(content.corrupt, f"{line} leases=1 odd=corrupt page=2 runs=1 faults=outage@operator-1.2:23")
        is None
    )


def test_a_poisoned_claim_leaves_its_lease() -> None:
    diagnosis = first_found(content.corrupt, "tasks=0 odd=corrupt daemons=1 within=200")
    lease, read, claim = told(diagnosis)
    assert "put orchestrator:lease:slack_corrupt for daemon-1" in lease
    assert "get orchestrator:queue:slack_corrupt" in read
    assert "POST /api/queue/claim → 500" in claim


def test_a_lease_without_a_key_blocks_everybody() -> None:
    diagnosis = first_found(ids.id_too_long, "tasks=0 odd=long-id daemons=2 polls=6")
    assert diagnosis.keys == ("clawdbot_" + "x" * 492,)
    assert "414 UTF-8 encoded length of 5" in "".join(told(diagnosis))


def test_a_result_without_a_key_is_work_without_end() -> None:
    diagnosis = first_found(ids.id_too_long, "tasks=0 odd=long-result daemons=1")
    assert diagnosis.keys == ("clawdbot_" + "y" * 484,)
    assert "Task ID too long: 493 bytes, at most 492" in "".join(told(diagnosis))


def test_the_order_of_bytes_is_not_that_of_age() -> None:
    diagnosis = first_found(ids.order_of_bytes, "tasks=1 odd=unusual-ids daemons=2 polls=4")
    assert diagnosis.hazard == "H65"
    assert "queued earlier, is free and comes later in the listing" in "\n".join(told(diagnosis))


def test_equal_order_is_no_hazard() -> None:
    assert [found(ids.order_of_bytes, f"seed={seed} tasks=5 daemons=2") for seed in range(1, 11)] == [
        None
    ] * 10


def test_a_slow_rollout_splits_producers_from_consumers() -> None:
    line = "strategy=steps tasks=1 colos=2 producers=2 daemons=2 rollout=60 polls=5"
    diagnosis = first_found(deployment.split_brain, line, range(1, 201))
    assert diagnosis.hazard == "H66"
    assert "put queue:task:" in "".join(told(diagnosis))
    assert "No tasks available" in told(diagnosis)[-1]


def test_a_look_right_after_the_run_shows_the_past() -> None:
    diagnosis = first_found(deployment.looked_too_early, "conditions=hostile tasks=5")
    assert diagnosis.hazard == "H74"
    assert "which is" in "".join(told(diagnosis))


def test_a_namespace_that_is_seen_at_once_shows_no_past() -> None:
    line = "conditions=local tasks=5 daemons=2 colos=2"
    assert [found(deployment.looked_too_early, f"seed={seed} {line}") for seed in range(1, 6)] == [None] * 5


@pytest.mark.parametrize(
    ("detect", "line"), [(detect, line) for detect, line, *_ in CASES if "lease=30" not in line]
)
def test_the_safe_migration_copies_as_it_is(detect: Detector, line: str) -> None:
    assert found(detect, f"{line} migration=safe strategy=zero-downtime") is None
