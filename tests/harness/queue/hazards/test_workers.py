"""H19 to H26 and H34 to H40: what reads, claims and completions do to each other."""

import pytest

from harness.migrations.queue.hazards import Detector, completion, races, traffic, verification
from harness.migrations.queue.simulation import timeline
from tests.harness.queue.hazards.cases import first_found, found, told
from tests.harness.queue.simulation.runs import run

_SWITCH = "strategy=steps rollout=60 colos=2 daemons=5 beat=5 polls=6 lookers=3 within=30 runs=1"
_NEW_FIRST = "strategy=new-first tasks=25 leases=5 daemons=3 beat=5"

# Detector, hazard, the circumstances, and a word that its evidence must hold.
CASES: list[tuple[Detector, str, str, str]] = [
    (
        verification.verified_by_a_read,
        "H19",
        "conditions=hostile strategy=zero-downtime daemons=1",
        "→ nothing, though it is there",
    ),
    (
        verification.any_value_will_do,
        "H20",
        "conditions=hostile strategy=new-first odd=copied-before lookers=2",
        "→ an older value: verified",
    ),
    (races.race_in_one_location, "H21", "conditions=local tasks=1 daemons=2 beat=5", "for daemon-2"),
    (races.race_across_locations, "H22", "colos=2 tasks=1 daemons=2 polls=4", "(NRT)"),
    (races.late_listing, "H24", "colos=2 tasks=1 daemons=2 polls=4", "which is there"),
    (races.written_twice_in_a_second, "H25", "tasks=1 daemons=4 beat=5", "429 Too Many Requests"),
    (races.claimed_from_a_cache, "H26", _SWITCH, "→ found, though it is deleted"),
    (traffic.enqueued_during_the_run, "H34", "colos=2 producers=2 events=4", "delete orchestrator:pending"),
    (traffic.claimed_before_its_lease_moved, "H35", _NEW_FIRST, "is there, and is not asked for"),
    (traffic.new_lease_overwritten, "H36", _NEW_FIRST, "for worker-before until"),
    (traffic.old_lease_revived, "H37", "colos=2 tasks=2 daemons=2", "put orchestrator:lease:slack_00"),
    (traffic.completed_while_copied, "H38", "tasks=4 daemons=2", "put orchestrator:result:slack_00"),
    (completion.late_result, "H39", "colos=2 tasks=1 daemons=3 beat=5", "POST /api/result/slack_000 → 200"),
]


@pytest.mark.parametrize(("detect", "hazard", "line", "word"), CASES)
def test_found_by_its_circumstances_alone(detect: Detector, hazard: str, line: str, word: str) -> None:
    diagnosis = first_found(detect, line, range(1, 201))
    assert diagnosis.hazard == hazard
    assert word in "\n".join(told(diagnosis))
    assert len(diagnosis.moments) <= timeline.MOST
    assert list(diagnosis.moments) == sorted(diagnosis.moments)


def test_a_task_is_released_taken_up_by_another_and_failed_by_the_first() -> None:
    line = "tasks=3 daemons=5 beat=5 polls=6"
    diagnosis = first_found(completion.released_then_failed, line, range(50, 201))  # seldom: 57 is the first
    assert diagnosis.hazard == "H40"
    release, _, claim, result = told(diagnosis)
    assert "/release → 200" in release
    assert "POST /api/queue/claim → 200" in claim
    assert "POST /api/result/" in result


# Without these circumstances nobody can be deceived.
ALONE = [
    "tasks=3 leases=1 daemons=1",
    "conditions=local colos=2 tasks=3 daemons=1 lookers=1",
    "tasks=3 leases=1 strategy=new-first lookers=1",
]


@pytest.mark.parametrize("line", ALONE)
@pytest.mark.parametrize("detect", [*verification.VERIFICATION, *races.RACES])
def test_a_lone_worker_never_collides(detect: Detector, line: str) -> None:
    assert [found(detect, f"seed={seed} {line}") for seed in range(1, 6)] == [None] * 5


def test_a_claim_race_needs_two_looks_before_either_lease() -> None:
    diagnosis = first_found(races.race_in_one_location, "conditions=local tasks=1 daemons=2 beat=5")
    order = [line.split()[1:3] for line in told(diagnosis)]
    looks = [place for place, (verb, key) in enumerate(order) if verb == "scan" and key.endswith(":lease:")]
    leases = [place for place, (verb, key) in enumerate(order) if verb == "put" and ":lease:" in key]
    assert len(looks) == len(leases) == 2
    assert max(looks) < min(leases)


# What the safe migration cannot help: no claim on KV is exclusive, results are asked of nobody, and the old
# code is at work before it begins.
_ANYWAY = {"H21", "H22", "H24", "H25", "H39"}
_SAFE = [
    "tasks=4 leases=2 daemons=3 producers=1 colos=2",
    "tasks=4 leases=2 daemons=3 producers=1 colos=2 operators=2 within=2",
    "conditions=hostile tasks=3 leases=1 daemons=2 lookers=1",
    "tasks=4 odd=copied-before,completed daemons=2 beat=5 lookers=1",
]


@pytest.mark.parametrize("line", _SAFE)
def test_the_safe_migration_does_none_of_it(line: str) -> None:
    for seed in range(1, 6):
        record = run(f"seed={seed} {line} migration=safe strategy=zero-downtime")
        said = [detect(record) for detect, hazard, *_ in CASES if hazard not in _ANYWAY]
        assert said == [None] * len(said)
