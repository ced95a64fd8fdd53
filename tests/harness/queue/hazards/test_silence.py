"""What a detector must not say: the safe migration does not have the documented one's hazards."""

import pytest

from harness.migrations.queue.hazards.capacity import CAPACITY
from harness.migrations.queue.hazards.crash_rollback import CRASH_ROLLBACK
from harness.migrations.queue.hazards.pending_list import PENDING_LIST, lost_update, too_fast
from harness.migrations.queue.hazards.reports import REPORTS
from tests.harness.queue.hazards import (
    test_capacity,
    test_crash_rollback,
    test_pending_list,
    test_reports,
)
from tests.harness.queue.simulation.runs import run

# What the old format does by itself, whoever migrates it.
_OLD_FORMAT = (lost_update, too_fast)
DETECTORS = [one for one in (*CAPACITY, *REPORTS, *PENDING_LIST, *CRASH_ROLLBACK) if one not in _OLD_FORMAT]
LINES = [
    *dict.fromkeys(
        line
        for module in (test_capacity, test_reports, test_pending_list, test_crash_rollback)
        for _, line, *_ in module.CASES
        if "budget" not in line and "late" not in line
    ),
    "tasks=8 leases=4 budget=50 daemons=2 producers=2 colos=2",
    "tasks=5 leases=2 daemons=3 producers=2 gap=1 colos=3 operators=2 within=2",
    "tasks=4 leases=2 daemons=2 producers=1 colos=2 rollback=after",
    "tasks=8 odd=orphan,dangling,duplicate,not-text,corrupt,completed,in-both page=2 lookers=1",
]


@pytest.mark.parametrize("line", LINES)
def test_nothing_is_diagnosed_in_a_safe_migration(line: str) -> None:
    record = run(f"{line} migration=safe strategy=zero-downtime")
    said = [diagnosis for detect in DETECTORS if (diagnosis := detect(record)) is not None]
    assert said == []


@pytest.mark.parametrize("detect", [*CAPACITY, *REPORTS, *PENDING_LIST, *CRASH_ROLLBACK])
def test_nothing_is_diagnosed_where_nothing_happens(detect: object) -> None:
    assert callable(detect)
    assert detect(run("conditions=local tasks=3 leases=1")) is None
    assert detect(run("tasks=0")) is None
