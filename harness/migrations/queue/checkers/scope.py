"""Which requests a migration answers for."""

from harness import Call
from harness.migrations.queue.simulation.record import Record


def answers_for(record: Record, call: Call | None) -> bool:
    """Whether what a request did is judged.

    The safe strategy begins when both formats are deployed: what the old Worker does alone, before it or
    after a rollback, is what users have without any migration. The documented one runs beside that Worker.
    """
    return call is None or record.scenario.migration == "documented" or call.stage != "old"
