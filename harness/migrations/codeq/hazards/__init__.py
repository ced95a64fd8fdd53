"""The hazards H1 to H22 of the move, each brought about on a small keyspace, seen, and found."""

from harness.migrations.codeq.hazards import damage, habits, limits
from harness.migrations.codeq.hazards.hazard import Hazard, Shown, show

__all__ = ["HAZARDS", "Hazard", "Shown", "show"]

HAZARDS: tuple[Hazard, ...] = tuple(
    sorted(
        (*damage.HAZARDS, *habits.HAZARDS, *limits.HAZARDS),
        key=lambda one: int(one.name.removeprefix("codeq/H")),
    )
)
