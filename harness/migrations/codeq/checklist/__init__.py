"""The guide's verification checklist as checks with verdicts, in an order that disturbs nothing."""

from harness.migrations.codeq.checklist import keyspace, service
from harness.migrations.codeq.checklist.inspection import Inspection, inspect
from harness.model.verdict import Verdict

__all__ = ["CHECKS", "Inspection", "check", "inspect"]

CHECKS = (
    keyspace.records,
    keyspace.pending,
    keyspace.leases,
    service.admin,
    service.sample,
    keyspace.conservation,
    keyspace.retention,
    keyspace.types,
    service.health,
    service.authorisation,
    keyspace.ownership,
    service.rerun,
)


async def check(seen: Inspection, *, moved: bool = True) -> list[Verdict]:
    """All verdicts, V1 first; the last one is of a migrator's second run, where one has ``moved`` anything.

    Raises ServerError if the server fails meanwhile.
    """
    return [await one(seen) for one in CHECKS if moved or one is not service.rerun]
