"""The known hazards of the queue migration, each recognised by what it leaves in the record of a simulation.

A checker says what is wrong; a detector here says how it came about. The numbers are those of the list of
hazards.
"""

from harness.simulation.hazards.capacity import CAPACITY
from harness.simulation.hazards.completion import COMPLETION
from harness.simulation.hazards.content import CONTENT
from harness.simulation.hazards.crash_rollback import CRASH_ROLLBACK
from harness.simulation.hazards.deployment import DEPLOYMENT
from harness.simulation.hazards.diagnosis import Detector, Diagnosis, diagnosis
from harness.simulation.hazards.ids import IDS
from harness.simulation.hazards.lifetime import LIFETIME
from harness.simulation.hazards.pending_list import PENDING_LIST
from harness.simulation.hazards.races import RACES
from harness.simulation.hazards.reports import REPORTS
from harness.simulation.hazards.traffic import TRAFFIC
from harness.simulation.hazards.verification import VERIFICATION
from harness.simulation.record import Record

__all__ = ["DETECTORS", "Detector", "Diagnosis", "diagnose", "diagnosis"]

# One line for each file of detectors.
DETECTORS: tuple[Detector, ...] = (
    *CAPACITY,
    *REPORTS,
    *PENDING_LIST,
    *CRASH_ROLLBACK,
    *VERIFICATION,
    *RACES,
    *TRAFFIC,
    *COMPLETION,
    *LIFETIME,
    *CONTENT,
    *IDS,
    *DEPLOYMENT,
)


def diagnose(record: Record) -> list[Diagnosis]:
    """Every hazard that can be recognised in the record, in the order of their numbers."""
    found = [detect(record) for detect in DETECTORS]
    return sorted((one for one in found if one is not None), key=lambda one: one.hazard)
