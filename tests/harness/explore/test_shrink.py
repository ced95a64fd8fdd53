"""Scenarios become as small as what they show allows."""

from harness.explore.shrink import shrink
from harness.simulation.mishap import PlannedMishap
from harness.simulation.scenario import Scenario, draw

CRASH = PlannedMishap("crash", "operator-1.2", 7)
LOST = PlannedMishap("dropped", "producer-1.1")
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
    mishaps=(LOST, CRASH),
)


def test_what_it_takes_stays() -> None:
    def shows(scenario: Scenario) -> bool:
        return scenario.tasks >= 3 and CRASH in scenario.mishaps and "metadata" in scenario.odd

    smallest = shrink(LARGE, shows)
    assert smallest == Scenario(seed=5, tasks=3, odd=("metadata",), mishaps=(CRASH,), runs=1)


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
        assert len(tried) <= 121
        assert (smallest.conditions, smallest.migration) == (scenario.conditions, scenario.migration)
