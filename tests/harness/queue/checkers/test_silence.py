"""No false alarm: where the safe migration does what it should, the judge has nothing to say."""

import pytest

from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from tests.harness.queue.simulation.runs import run, violated

# What plain KV cannot give, whatever the Worker does, and the limiter's counter that it keeps there.
PLAIN_KV = {"I9", "I10", "I20"}


@pytest.mark.parametrize("conditions", ["local", "production", "free", "hostile"])
def test_a_migration_alone_violates_nothing(conditions: str) -> None:
    for seed in range(1, 7):
        line = f"seed={seed} conditions={conditions} migration=safe strategy=zero-downtime"
        assert violated(run(f"{line} tasks={seed} leases={seed // 2} colos={1 + seed % 3}")) == []


@pytest.mark.parametrize("odd", ["duplicate,dangling,orphan", "corrupt,falsy,metadata", "permanent,number"])
def test_oddities_are_no_violation(odd: str) -> None:
    assert violated(run(f"migration=safe strategy=zero-downtime tasks=3 leases=1 odd={odd}")) == []


@pytest.mark.parametrize("seed", range(1, 31))
def test_a_migration_among_people_violates_nothing_but_what_plain_kv_cannot_give(seed: int) -> None:
    base = Scenario(migration="safe", strategy="zero-downtime", conditions="local")
    drawn = draw(seed, base)
    line = f"seed={seed} conditions=local migration=safe strategy=zero-downtime tasks={drawn.tasks}"
    people = f"producers={drawn.producers} daemons={drawn.daemons} colos={drawn.colos}"
    assert set(violated(run(f"{line} {people}"))) <= PLAIN_KV


def test_the_way_back_loses_nothing() -> None:
    for rollback in ("after", "halfway"):
        line = "conditions=local migration=safe strategy=zero-downtime tasks=4 leases=2"
        assert violated(run(f"{line} rollback={rollback}")) == []
