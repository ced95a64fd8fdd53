"""Each hazard is found where it is, and not without its cause, nor in the safe migration."""

import pytest

from harness.migrations.queue.hazards import Detector
from harness.migrations.queue.hazards.capacity import CAPACITY
from harness.migrations.queue.hazards.crash_rollback import CRASH_ROLLBACK
from harness.migrations.queue.hazards.pending_list import PENDING_LIST, lost_update, too_fast
from harness.migrations.queue.hazards.reports import REPORTS
from tests.harness.queue.hazards.cases import CASES, NOT_THERE, found
from tests.harness.queue.simulation.runs import run

# What the old format does by itself, whoever migrates it.
_OLD_FORMAT = (lost_update, too_fast)
DETECTORS = [one for one in (*CAPACITY, *REPORTS, *PENDING_LIST, *CRASH_ROLLBACK) if one not in _OLD_FORMAT]
LINES = [
    *dict.fromkeys(line for _, line, *_ in CASES if "budget" not in line and "late" not in line),
    "tasks=8 leases=4 budget=50 daemons=2 producers=2 colos=2",
    "tasks=5 leases=2 daemons=3 producers=2 gap=1 colos=3 operators=2 within=2",
    "tasks=4 leases=2 daemons=2 producers=1 colos=2 rollback=after",
    "tasks=8 odd=orphan,dangling,duplicate,not-text,corrupt,completed,in-both page=2 lookers=1",
]


@pytest.mark.parametrize(("detect", "line", "keys", "what"), CASES, ids=[line for _, line, *_ in CASES])
def test_the_hazard_is_found(detect: Detector, line: str, keys: tuple[str, ...], what: str) -> None:
    diagnosis = found(detect, line)
    assert diagnosis is not None
    assert (diagnosis.keys, diagnosis.what) == (keys, what)


@pytest.mark.parametrize(("detect", "line"), NOT_THERE, ids=[line for _, line in NOT_THERE])
def test_the_hazard_is_not_found_without_its_cause(detect: Detector, line: str) -> None:
    assert found(detect, line) is None


@pytest.mark.parametrize("line", LINES)
def test_nothing_is_diagnosed_in_a_safe_migration(line: str) -> None:
    record = run(f"{line} migration=safe strategy=zero-downtime")
    said = [diagnosis for detect in DETECTORS if (diagnosis := detect(record)) is not None]
    assert said == []


@pytest.mark.parametrize("detect", [*CAPACITY, *REPORTS, *PENDING_LIST, *CRASH_ROLLBACK])
def test_nothing_is_diagnosed_where_nothing_happens(detect: Detector) -> None:
    assert detect(run("conditions=local tasks=3 leases=1")) is None
    assert detect(run("tasks=0")) is None
