"""The invariants of a queue migration, each with the checker that judges it.

Their numbers are those of the list in docs/invariants.md.
"""

from collections.abc import Callable

from harness.migrations.queue.walk.invariants.completion import completion
from harness.migrations.queue.walk.invariants.conservation import conservation
from harness.migrations.queue.walk.invariants.content import content
from harness.migrations.queue.walk.invariants.creation import creation
from harness.migrations.queue.walk.invariants.deadline import deadline
from harness.migrations.queue.walk.invariants.idempotency import idempotency
from harness.migrations.queue.walk.invariants.isolation import isolation
from harness.migrations.queue.walk.invariants.lease import lease_continuity
from harness.migrations.queue.walk.invariants.listing import listing
from harness.migrations.queue.walk.invariants.report import honest_report
from harness.migrations.queue.walk.invariants.status import honest_status
from harness.migrations.queue.walk.invariants.walk import walk
from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Verdict

Checker = Callable[[Outcome], Verdict]

CHECKERS: tuple[Checker, ...] = (
    conservation,
    completion,
    listing,
    creation,
    content,
    deadline,
    lease_continuity,
    idempotency,
    honest_report,
    honest_status,
    isolation,
    walk,
)


def judge(outcome: Outcome) -> list[Verdict]:
    """Every invariant's verdict on one outcome, in the order of their numbers."""
    return [check(outcome) for check in CHECKERS]
