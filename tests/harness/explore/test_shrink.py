"""Scenarios become as small as what they show allows."""

from dataclasses import fields
from typing import Any

import pytest

from harness.explore.search import Shown, simplest
from harness.explore.shrink import shrink
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from kvstore.faults import Fault

CRASH = Fault("crash", 7, "operator-1.2")
LOST = Fault("dropped", 0, "producer-1.1")
LARGE = Scenario(
    seed=5,
    rollback="after",
    tasks=8,
    leases=3,
    odd=("corrupt", "metadata"),
    page=2,
    budget=30,
    colos=3,
    skew=2000,
    producers=2,
    daemons=3,
    operators=2,
    faults=(LOST, CRASH),
)


def test_shrink_keeps_what_the_failure_needs() -> None:
    def shows(scenario: Scenario) -> bool:
        return scenario.tasks >= 3 and CRASH in scenario.faults and "metadata" in scenario.odd

    smallest = shrink(LARGE, shows)
    assert smallest == Scenario(seed=5, tasks=3, odd=("metadata",), faults=(CRASH,), runs=1)


def test_nothing_is_left_of_what_always_shows() -> None:
    smallest = shrink(LARGE, lambda scenario: True)
    assert smallest == Scenario(seed=5, tasks=0, runs=1)


def test_a_scenario_that_cannot_shrink_stays() -> None:
    assert shrink(LARGE, lambda scenario: scenario == LARGE) == LARGE


def test_every_step_is_smaller_and_there_are_not_too_many() -> None:
    tried: list[Scenario] = []

    def shows(scenario: Scenario) -> bool:
        tried.append(scenario)
        return scenario.daemons > 0

    for seed in range(1, 30):
        tried.clear()
        scenario = draw(seed, Scenario())
        smallest = shrink(scenario, shows)
        assert smallest.size <= scenario.size
        assert smallest.seed == seed
        assert len(tried) <= 120
        assert (smallest.conditions, smallest.migration) == (scenario.conditions, scenario.migration)


KEPT: dict[str, Any] = {
    "seed": 5,
    "conditions": "hostile",
    "migration": "documented",
    "claims": "coordinator",
}
UNUSUAL: dict[str, Any] = {
    "strategy": "new-first",
    "rollback": "late",
    "leases": 2,
    "odd": ("corrupt", "metadata"),
    "page": 2,
    "budget": 30,
    "spent": 900,
    "colos": 3,
    "skew": 2000,
    "producers": 2,
    "events": 7,
    "daemons": 3,
    "polls": 9,
    "given_back": 3,
    "lookers": 2,
    "beat": 15,
    "lease": 30,
    "rollout": 60,
    "gap": 1,
    "retry": 300,
    "again": 2,
    "operators": 2,
    "within": 2,
    "faults": (LOST, CRASH),
    "pace": 20,
    "empty": 1,
    "after": 60,
    "work": 600,
    "back_again": 1,
    "aside": ("dry-run",),
    "write_rate": "lost",
}


def test_every_member_is_tried_here() -> None:
    elsewhere = {"migration", "tasks", "runs", "at_once", "format", "order", "walk"}
    assert {*KEPT, *UNUSUAL, *elsewhere} == {one.name for one in fields(Scenario)}


@pytest.mark.parametrize("needed", UNUSUAL)
def test_every_member_that_is_not_needed_goes(needed: str) -> None:
    large = Scenario(**KEPT, **UNUSUAL)
    smallest = shrink(large, lambda one: getattr(one, needed) == UNUSUAL[needed])
    idle: dict[str, Any] = {"producers": {"events": 0}, "daemons": {"polls": 0}}.get(needed, {})
    assert smallest == Scenario(**KEPT, tasks=0, runs=1, **idle, **{needed: UNUSUAL[needed]})


def test_the_order_of_operations_gets_simpler() -> None:
    large = Scenario(at_once=("list", "claim", "claim"), order="a2b4a1b2a3", format="new", pace=20)
    smallest = shrink(large, lambda one: "b4" in one.order and one.at_once.count("claim") == 2)
    assert smallest == Scenario(at_once=("claim", "claim"), order="b4", format="new", tasks=0, runs=1)


def test_every_simpler_value_is_smaller_or_not_tried() -> None:
    for seed in range(40):
        sizes: list[tuple[int, ...]] = []

        def shows(scenario: Scenario, sizes: list[tuple[int, ...]] = sizes) -> bool:
            sizes.append(scenario.size)
            return True

        scenario = draw(seed, Scenario())
        shrink(scenario, shows)
        assert sizes == sorted(set(sizes), reverse=True)
        assert all(size < scenario.size for size in sizes)


class _Slow:
    """A system whose runs take long; nothing else of it is asked for."""

    def __init__(self, effort: int) -> None:
        self.effort = effort


def test_of_a_slow_worker_only_the_simplest_findings_are_made_small() -> None:
    def shown(effort: int) -> list[Shown]:
        system: Any = _Slow(effort)
        scenarios = [Scenario(tasks=1 + number) for number in range(20)]
        return simplest([Shown(system, ("I1", str(one.tasks)), one) for one in scenarios])

    assert not any(one.as_found for one in shown(1))
    left = [one.scenario.tasks for one in shown(5) if one.as_found]
    assert left == list(range(13, 21))
