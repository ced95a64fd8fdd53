"""The invariants as they are judged on the record of a simulation, while others are at work.

Each file has one checker: a function from a Record to a Verdict. The numbers are those of docs/invariants.md.
"""

from collections.abc import Callable

from harness.simulation.checkers.conservation import conservation
from harness.simulation.record import Record
from harness.verdict import Verdict

Checker = Callable[[Record], Verdict]

CHECKERS: tuple[Checker, ...] = (conservation,)


def judge(record: Record) -> list[Verdict]:
    """Every invariant's verdict, in the order of their numbers."""
    return [check(record) for check in CHECKERS]
