"""How much a simulation looked at."""

from harness.migrations.queue.checkers.copies import copies
from harness.migrations.queue.layout import belongs_to_migration
from harness.migrations.queue.simulation.record import Record
from harness.model.decision import Looked


def looked_at(record: Record) -> Looked:
    """What was moved are the copies; of requests that are sent at once, every write to the queue counts."""
    if record.scenario.at_once:
        moved = sum(belongs_to_migration(event.key) for event in record.writes)
    else:
        moved = len(copies(record))
    return Looked(
        runs=1,
        requests=sum(call.status is not None for call in record.calls),
        operations=len(record.asked),
        moved=moved,
        planned=len(record.scenario.faults),
        fired=len(record.fired),
    )


def never_happened(record: Record) -> list[str]:
    """A sentence for each planned fault that did not happen."""
    planned = [str(fault) for fault in record.scenario.faults]
    return [f"{one} never happened" for one in planned if one not in record.fired]
