"""The invariants as they are judged on the record of a simulation, while others are at work.

Each file has one checker: a function from a Record to a Verdict. The numbers are those of docs/invariants.md.
Beside them: `ending` (for which requests a migration answers, and what is judged at the end), `copies` (what
was copied from what), `freedom` (whether a task was free for a claim), `refusals` (answers that refuse, fail
or are late), `limiter` (which requests are counted, and turned away).
"""

from collections.abc import Callable, Iterable
from typing import Final

from harness.migrations.queue.checkers.budget import budget
from harness.migrations.queue.checkers.commutation import commutation
from harness.migrations.queue.checkers.completion import completion
from harness.migrations.queue.checkers.conservation import conservation
from harness.migrations.queue.checkers.content import content
from harness.migrations.queue.checkers.creation import creation
from harness.migrations.queue.checkers.deadline import deadline
from harness.migrations.queue.checkers.deletion import guarded_delete
from harness.migrations.queue.checkers.exclusion import mutual_exclusion
from harness.migrations.queue.checkers.idempotency import idempotency
from harness.migrations.queue.checkers.isolation import isolation
from harness.migrations.queue.checkers.key_legality import key_legality
from harness.migrations.queue.checkers.lease import lease_continuity
from harness.migrations.queue.checkers.listing import listing
from harness.migrations.queue.checkers.new_wins import new_wins
from harness.migrations.queue.checkers.order import order
from harness.migrations.queue.checkers.pending_guard import pending_guard
from harness.migrations.queue.checkers.poison import poison
from harness.migrations.queue.checkers.progress import progress
from harness.migrations.queue.checkers.report import honest_report
from harness.migrations.queue.checkers.resurrection import resurrection
from harness.migrations.queue.checkers.rollback_safety import rollback_safety
from harness.migrations.queue.checkers.status import honest_status
from harness.migrations.queue.checkers.ttl import ttl_legality
from harness.migrations.queue.checkers.walk import walk
from harness.migrations.queue.checkers.write_rate import write_rate
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Verdict
from harness.terminal.progress import Follow

Checker = Callable[[Record], Verdict]

# I12, I23 and I26 compare two records: see harness.migrations.queue.comparisons.
CHECKERS: Final[dict[str, Checker]] = {
    "I1": conservation,
    "I2": completion,
    "I3": listing,
    "I4": creation,
    "I5": resurrection,
    "I6": content,
    "I7": deadline,
    "I8": new_wins,
    "I9": lease_continuity,
    "I10": mutual_exclusion,
    "I11": idempotency,
    "I13": commutation,
    "I14": guarded_delete,
    "I15": pending_guard,
    "I16": honest_report,
    "I17": honest_status,
    "I18": budget,
    "I19": progress,
    "I20": write_rate,
    "I21": ttl_legality,
    "I22": key_legality,
    "I24": rollback_safety,
    "I25": isolation,
    "I27": order,
    "I28": poison,
}


_WALKED: Final = ("I1", "I2", "I3", "I4", "I6", "I7", "I9", "I11", "I16", "I17", "I25")
# What a walk through the guide is judged by: invariants, and the walk itself.
_OF_WALK: Final[tuple[Checker, ...]] = (*(CHECKERS[one] for one in _WALKED), walk)


def judge(record: Record, invariants: Iterable[str] = CHECKERS) -> list[Verdict]:
    """The verdict on each of the invariants, by default on all in the order of their numbers."""
    return [CHECKERS[invariant](record) for invariant in invariants]


def judge_walk(record: Record, follow: Follow | None = None) -> list[Verdict]:
    """The verdict on each of the invariants that a walk is judged by, and on the walk.

    ``follow`` gets how many are judged.
    """
    verdicts = list[Verdict]()
    if follow is not None:
        follow("judging: {done} of {of} invariants", verdicts.__len__, len(_OF_WALK))
    for check in _OF_WALK:
        verdicts.append(check(record))
    return verdicts
