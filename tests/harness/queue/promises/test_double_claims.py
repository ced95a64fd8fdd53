"""How often two workers hold one task."""

from dataclasses import replace

from harness.explore.tally import Batch
from harness.migrations.queue.checkers.exclusion import mutual_exclusion
from harness.migrations.queue.explore.system import Queue, worker_code
from harness.migrations.queue.promises.double_claims import (
    Count,
    DoubleClaims,
    Kind,
    Watch,
    counted,
    kinds,
    scenarios,
    watched,
)
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import OURS

CROWD = Kind("production", "documented", 4)


def test_a_double_is_what_the_checker_of_exclusion_finds() -> None:
    for scenario in scenarios(CROWD, 4):
        record = simulate(scenario, worker_code(OURS))
        assert (counted(record).doubles == 0) == mutual_exclusion(record).held


def test_two_workers_get_one_task_without_a_coordinator_and_not_with_one() -> None:
    kind, count = watched(Watch(CROWD, Batch(Queue(OURS), scenarios(CROWD, 4))))
    assert kind == CROWD
    assert 0 < count.doubles < count.claims
    coordinated = replace(CROWD, way="coordinator")
    _, count = watched(Watch(coordinated, Batch(Queue(OURS), scenarios(coordinated, 4))))
    assert count.claims > 0
    assert count.doubles == 0


def test_a_worker_does_not_collide_with_itself() -> None:
    alone = replace(CROWD, workers=1)
    _, count = watched(Watch(alone, Batch(Queue(OURS), scenarios(alone, 2))))
    assert count.claims > 0
    assert count.doubles == 0


def test_counts_add_up_by_way_conditions_and_workers() -> None:
    double_claims = DoubleClaims({CROWD: Count(10, 2), replace(CROWD, workers=2): Count(5, 0)})
    assert double_claims.of("documented") == Count(15, 2)
    assert double_claims.of("documented", "production", (4,)).rate == 0.2
    assert double_claims.of("careful") == Count()
    assert double_claims.of("careful").rate == 0.0


def test_a_lone_worker_is_watched_under_the_chosen_conditions() -> None:
    alone = {kind.conditions for kind in kinds("free") if kind.workers == 1}
    assert alone == {"free"}
