"""Where the queue keeps what, in both formats, as the migration guide defines it.

Stated here a second time on purpose: a judge that took the key names from the Worker it judges would agree
with whatever the Worker does.
"""

from typing import Final

PENDING: Final = "orchestrator:pending"
OLD_TASK: Final = "orchestrator:queue:"
OLD_LEASE: Final = "orchestrator:lease:"
NEW_TASK: Final = "queue:task:"
NEW_LEASE: Final = "queue:lease:"
RESULT: Final = "orchestrator:result:"
QUARANTINE: Final = "queue:quarantine:"  # bodies that are no JSON, kept by the safe migration
NOTES: Final = "migrate:queue:"  # what the safe migration remembers between two runs

OLD: Final = (OLD_TASK, OLD_LEASE)
NEW: Final = (NEW_TASK, NEW_LEASE)
TASKS: Final = (OLD_TASK, NEW_TASK)
LEASES: Final = (OLD_LEASE, NEW_LEASE)
MIGRATED: Final = (*OLD, *NEW, QUARANTINE, NOTES)


def belongs_to_migration(key: str) -> bool:
    """Whether the migration may touch ``key``."""
    return key == PENDING or key.startswith(MIGRATED)
