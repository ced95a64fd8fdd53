"""What a search must have met: each property is true of a run in which it happened, and of no quiet one."""

import pytest

from harness.migrations.queue.explore.sometimes import PROPERTIES, due, met
from harness.migrations.queue.simulation.scenario import Scenario
from kvstore.conditions import CONDITIONS
from tests.harness.queue.simulation.runs import run

QUIET = "conditions=production tasks=2 page=1000"
BUSY = "tasks=4 leases=1 producers=1 daemons=3 colos=2 polls=4"

# One or more lines for each property; with several, one of them is enough: the rest is chance.
HAPPENS = {
    "a stale read": [f"seed={seed} conditions=hostile strategy=steps {BUSY}" for seed in range(1, 13)],
    "a cached miss": [f"seed={seed} conditions=hostile strategy=steps {BUSY}" for seed in range(1, 13)],
    "a stale listing": [f"seed={seed} conditions=hostile strategy=steps {BUSY}" for seed in range(1, 13)],
    "an own write not seen at once": [f"seed={seed} conditions=hostile tasks=8" for seed in range(1, 13)],
    "a write refused with 429": ["conditions=production tasks=2 at_once=claim,claim pace=1"],
    "an operation budget used up": ["tasks=4 budget=8"],
    "a daily quota used up": ["conditions=free tasks=8 spent=996 runs=1"],
    "a crash": ["faults=crash@operator-1.2:3"],
    "a run cut off half-way": ["faults=crash@operator-1.2:9"],
    "a crash between copy and delete": [f"faults=crash@operator-1.2:{at}" for at in range(5, 10)],
    "an operation refused": ["faults=refused@operator-1.2:3"],
    "a write carried out and not confirmed": ["faults=unanswered@operator-1.2:5"],
    "an outage": ["faults=outage@operator-1.2:3"],
    "an answer lost": ["faults=dropped@operator-1.2"],
    "a daemon that breaks down": [
        f"seed={seed} daemons=1 faults=breakdown@daemon-1.1" for seed in range(1, 9)
    ],
    "two claims at once": ["conditions=local at_once=claim,claim"],
    "a request during a run": ["conditions=local format=dual at_once=run,claim"],
    "a lease that ran out": ["conditions=local leases=1 odd=short-lease"],
    "a task that expired during the migration": [
        f"seed={seed} odd=ending migration=safe strategy=zero-downtime" for seed in range(1, 9)
    ],
    "a clock that is off": ["conditions=local at_once=claim,claim colos=2 skew=2000"],
    "a second operator": ["operators=2"],
    "a rollback": ["rollback=after"],
}


def test_every_property_is_tried_here() -> None:
    assert HAPPENS.keys() == {one.name for one in PROPERTIES}


@pytest.mark.parametrize("name", HAPPENS)
def test_a_property_is_met_where_it_happens(name: str) -> None:
    assert any(name in met(run(line)) for line in HAPPENS[name])


def test_a_quiet_run_meets_nothing() -> None:
    assert met(run(QUIET)) == []


@pytest.mark.parametrize(
    "line",
    ["faults=crash@operator-9.9:1", "faults=crash@operator-1.2:1", "faults=crash@operator-1.1:1"],
)
def test_a_crash_before_anything_was_copied_is_none_in_between(line: str) -> None:
    assert "a crash between copy and delete" not in met(run(line))
    assert "a run cut off half-way" not in met(run(line))


def test_nothing_is_stale_where_all_is_seen_at_once() -> None:
    stale = {"a stale read", "a cached miss", "a stale listing", "an own write not seen at once"}
    for seed in range(1, 6):
        assert not stale & set(met(run(f"seed={seed} conditions=local {BUSY}")))
    assert not stale & set(due(Scenario(conditions="local")))


def test_own_writes_are_unseen_under_hostile_only() -> None:
    for conditions in CONDITIONS:
        expected = conditions == "hostile"
        assert ("an own write not seen at once" in due(Scenario(conditions=conditions))) is expected
