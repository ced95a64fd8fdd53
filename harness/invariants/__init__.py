"""The invariants of a queue migration, each with the checker that judges it.

Their numbers are those of the list in docs/invariants.md.
"""

from collections.abc import Callable

from harness.invariants.completion import completion
from harness.invariants.conservation import conservation
from harness.invariants.content import content
from harness.invariants.creation import creation
from harness.invariants.deadline import deadline
from harness.invariants.idempotency import idempotency
from harness.invariants.isolation import isolation
from harness.invariants.lease import lease_continuity
from harness.invariants.listing import listing
from harness.invariants.report import honest_report
from harness.invariants.status import honest_status
from harness.invariants.walk import walk
from harness.outcome import Outcome
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
