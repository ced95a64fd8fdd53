"""Every line of docs/hazards.md still shows what it says."""

import re
from pathlib import Path

import pytest

from harness.migrations.queue.hazards import diagnose
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode

PAGE = Path(__file__).parents[4] / "docs" / "hazards.md"
ROWS = re.findall(r"^\| (H\d\d) \| (.*?) \| `(seed=.*?)` \|", PAGE.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def worker_code() -> WorkerCode:
    return WorkerCode(QUEUE_WORKER)


def test_the_page_has_its_hazards() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("hazard", "what", "line"), ROWS, ids=[row[0] for row in ROWS])
def test_a_scenario_shows_its_hazard(hazard: str, what: str, line: str, worker_code: WorkerCode) -> None:
    found = diagnose(simulate(Scenario.read(line), worker_code))
    assert what in [one.what for one in found if one.hazard == hazard]
