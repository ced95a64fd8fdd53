"""The known hazards of the queue migration, each recognised by what it leaves in the record of a simulation.

A checker says what is wrong; a detector here says how it came about. The numbers are those of the list of
hazards.
"""

from harness.migrations.queue.hazards.capacity import CAPACITY
from harness.migrations.queue.hazards.case import Detector, Diagnosis, diagnosis
from harness.migrations.queue.hazards.completion import COMPLETION
from harness.migrations.queue.hazards.content import CONTENT
from harness.migrations.queue.hazards.crash_rollback import CRASH_ROLLBACK
from harness.migrations.queue.hazards.deployment import DEPLOYMENT
from harness.migrations.queue.hazards.ids import IDS
from harness.migrations.queue.hazards.lifetime import LIFETIME
from harness.migrations.queue.hazards.pending_list import PENDING_LIST
from harness.migrations.queue.hazards.races import RACES
from harness.migrations.queue.hazards.reports import REPORTS
from harness.migrations.queue.hazards.traffic import TRAFFIC
from harness.migrations.queue.hazards.verification import VERIFICATION
from harness.migrations.queue.simulation.record import Record
from harness.terminal.progress import Follow

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


def diagnose(record: Record, follow: Follow | None = None) -> list[Diagnosis]:
    """Every hazard that can be recognised in the record, in the order of their numbers.

    ``follow`` gets how many detectors have been applied.
    """
    found = list[Diagnosis | None]()
    if follow is not None:
        follow("explaining: {done} of {of} hazards looked for", found.__len__, len(DETECTORS))
    for detect in DETECTORS:
        found.append(detect(record))
    return sorted((one for one in found if one is not None), key=lambda one: one.hazard)
