"""The hazards H1 to H22 of the move, each brought about on a small keyspace, seen, and found."""

from harness.migrations.codeq.drills import damage, habits, limits
from harness.migrations.codeq.drills.drill import Drill, Shown, show

__all__ = ["DRILLS", "Drill", "Shown", "show"]

DRILLS: tuple[Drill, ...] = tuple(
    sorted(
        (*damage.DRILLS, *habits.DRILLS, *limits.DRILLS),
        key=lambda one: int(one.hazard.removeprefix("codeq/H")),
    )
)
