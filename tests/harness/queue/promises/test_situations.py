"""The situations show what the judgements look for, so that no verdict depends on luck."""

import re
from pathlib import Path

import pytest

import harness.migrations.queue.promises.judging
from harness.cli.rehearse import main
from harness.explore.tally import Batch
from harness.migrations.queue.explore.system import Queue
from harness.migrations.queue.promises.assessment import Assessment
from harness.migrations.queue.promises.schedules import Schedules, scheduled
from harness.migrations.queue.promises.situations import situations
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS

# Rare ones, which do the same harm as others that are looked for with them.
RARE = {"H12", "H15", "H20", "H26", "H57"}


@pytest.fixture(scope="module")
def documented() -> Schedules:
    return scheduled(Batch(Queue(OURS), situations(Scenario(conditions="production"))))


def test_every_hazard_that_is_looked_for_can_be_seen(documented: Schedules) -> None:
    folder = Path(harness.migrations.queue.promises.judging.__file__).parent
    looked_for = {
        hazard for path in folder.glob("*.py") for hazard in re.findall(r'"(H\d\d)"', path.read_text())
    }
    assert looked_for - documented.hazards.keys() - RARE == set()


def test_the_safe_migration_is_played_as_it_is_meant() -> None:
    for scenario in situations(Scenario(conditions="free", migration="safe", claims="coordinator")):
        assert (scenario.strategy, scenario.conditions) == ("zero-downtime", "free")
        assert scenario.claims == "coordinator"
        assert not 0 < scenario.budget < 50


def test_parts_add_up_to_the_whole(documented: Schedules) -> None:
    every = situations(Scenario(conditions="production"))
    found = Schedules()
    for half in (every[::2], every[1::2]):
        found.merge(scheduled(Batch(Queue(OURS), half)))
    assert found == documented


def test_a_replay_shows_the_hazard_that_is_named(
    assessment: Assessment, capsys: pytest.CaptureFixture[str]
) -> None:
    named = 0
    for row in assessment.rows:
        judgement = row.judgements["documented"]
        hazard = re.search(r"\((H\d\d), in ", judgement.because)
        if hazard is not None:
            line = re.search("--scenario '(.+)'", judgement.replay)
            assert line is not None, judgement
            main(["queue", "-q", "--scenario", line[1]])
            assert f"\n{hazard[1]}  " in capsys.readouterr().out, judgement
            named += 1
    assert named > 8
