"""Scenarios by chance, nothing told beforehand: the hazards are met, and each diagnosis can be followed."""

from collections.abc import Iterator

import pytest

from harness.migrations.queue.hazards import diagnose
from harness.migrations.queue.hazards.case import Diagnosis
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.simulation.timeline import MOST
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode

# Those that more than 30 of 1,000 scenarios show, of the groups whose tests are beside this one.
OFTEN = {
    *("H01", "H02", "H03", "H04", "H05", "H06", "H07"),
    *("H10", "H13", "H16", "H17", "H27", "H28", "H29", "H30", "H32"),
    *("H41", "H43", "H45", "H46", "H48"),
}


@pytest.fixture(scope="module")
def met() -> dict[str, Diagnosis]:
    """The first diagnosis of each hazard in a hundred or two of drawn scenarios."""
    found: dict[str, Diagnosis] = {}
    worker_code = WorkerCode(QUEUE_WORKER)
    for seed in range(1, 201):
        record = simulate(draw(seed, Scenario(conditions="hostile")), worker_code)
        found = {one.hazard: one for one in diagnose(record)} | found
        if found.keys() >= OFTEN:
            break
    return found


def test_a_search_meets_what_happens_often(met: dict[str, Diagnosis]) -> None:
    assert sorted(OFTEN - met.keys()) == []


def test_a_diagnosis_is_a_short_argument(met: dict[str, Diagnosis]) -> None:
    for diagnosis in _told(met):
        assert diagnosis.keys, diagnosis
        assert 1 <= len(diagnosis.moments) <= MOST, diagnosis
        assert list(diagnosis.moments) == sorted(diagnosis.moments), diagnosis
        assert "{" not in diagnosis.what, diagnosis
        assert all(1 <= int(one.removeprefix("I")) <= 28 for one in diagnosis.invariants), diagnosis


def _told(met: dict[str, Diagnosis]) -> Iterator[Diagnosis]:
    return (met[hazard] for hazard in sorted(met.keys() & OFTEN))
