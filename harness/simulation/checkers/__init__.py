"""The invariants as they are judged on the record of a simulation, while others are at work.

Each file has one checker: a function from a Record to a Verdict. The numbers are those of docs/invariants.md.
Beside them: `ending` (what is judged at the end), `copies` (what was copied from what), `freedom` (whether a
task was free for a claim), `scope` (for which requests a migration answers).
"""

from collections.abc import Callable, Sequence

from harness.simulation.checkers.budget import budget
from harness.simulation.checkers.commutation import commutation
from harness.simulation.checkers.completion import completion
from harness.simulation.checkers.conservation import conservation
from harness.simulation.checkers.content import content
from harness.simulation.checkers.creation import creation
from harness.simulation.checkers.deadline import deadline
from harness.simulation.checkers.deletion import guarded_delete
from harness.simulation.checkers.exclusion import mutual_exclusion
from harness.simulation.checkers.idempotency import idempotency
from harness.simulation.checkers.isolation import isolation
from harness.simulation.checkers.key_legality import key_legality
from harness.simulation.checkers.lease import lease_continuity
from harness.simulation.checkers.listing import listing
from harness.simulation.checkers.new_wins import new_wins
from harness.simulation.checkers.order import order
from harness.simulation.checkers.pending_guard import pending_guard
from harness.simulation.checkers.poison import poison
from harness.simulation.checkers.progress import progress
from harness.simulation.checkers.report import honest_report
from harness.simulation.checkers.resurrection import resurrection
from harness.simulation.checkers.rollback_safety import rollback_safety
from harness.simulation.checkers.status import honest_status
from harness.simulation.checkers.ttl import ttl_legality
from harness.simulation.checkers.write_rate import write_rate
from harness.simulation.record import Record
from harness.verdict import Verdict

Checker = Callable[[Record], Verdict]

# I12, I23 and I26 compare two records: see harness.simulation.comparisons.
CHECKERS: tuple[Checker, ...] = (
    conservation,
    completion,
    listing,
    creation,
    resurrection,
    content,
    deadline,
    new_wins,
    lease_continuity,
    mutual_exclusion,
    idempotency,
    commutation,
    guarded_delete,
    pending_guard,
    honest_report,
    honest_status,
    budget,
    progress,
    write_rate,
    ttl_legality,
    key_legality,
    rollback_safety,
    isolation,
    order,
    poison,
)


def judge(record: Record, checkers: Sequence[Checker] = CHECKERS) -> list[Verdict]:
    """Every invariant's verdict, in the order of their numbers."""
    return [check(record) for check in checkers]
