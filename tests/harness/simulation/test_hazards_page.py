"""Every line of docs/hazards.md still shows what it says."""

import re
from pathlib import Path

import pytest

from harness.simulation.backstage import Backstage
from harness.simulation.hazards import diagnose
from harness.simulation.scenario import read_scenario
from harness.simulation.simulate import simulate

PAGE = Path(__file__).parents[3] / "docs" / "hazards.md"
ROWS = re.findall(r"^\| (H\d\d) \| (.*?) \| `(seed=.*?)` \|", PAGE.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def backstage() -> Backstage:
    return Backstage()


def test_the_page_has_its_hazards() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("hazard", "what", "line"), ROWS, ids=[row[0] for row in ROWS])
def test_a_scenario_shows_its_hazard(hazard: str, what: str, line: str, backstage: Backstage) -> None:
    found = diagnose(simulate(read_scenario(line), backstage))
    assert what in [one.what for one in found if one.hazard == hazard]
