"""How many rows a statement read and wrote, which D1 bills: estimated from SQLite's program of it.

The runtime counts them in a SQLite of its own. Here the places of the program that look for a row, or write
one, are counted once for each text of SQL; the steps of a loop over a whole table are SQLite's own count.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import apsw

_LOOKS: Final = frozenset(
    ("Rewind", "Last", "SeekRowid", "NotExists", "SeekGE", "SeekGT", "SeekLE", "SeekLT", "Count", "VFilter")
)
_WRITES: Final = frozenset(("Insert", "IdxInsert"))
_LOOPS: Final = frozenset(("Next", "Prev", "VNext"))
_STEPS: Final = "SQLITE_STMTSTATUS_FULLSCAN_STEP"
_MOST_PLANS: Final = 1000


class Plan(NamedTuple):
    """Places in a program: that look for a row, and that write one; ``defines`` changes the schema."""

    looks: int = 0
    writes: int = 0
    loops: bool = False
    defines: bool = False


_UNKNOWN: Final = Plan()


class Cost:
    """Of the statements of ``connection``, one after the other."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._plan = _UNKNOWN
        self._steps = 0
        self._watches = False

    def begin(self, sql: str, values: Sequence[Any]) -> None:
        """Before a statement is carried out."""
        plan = self._plans.get(sql)
        if plan is None:
            plan = self._plans[sql] = self._explained(sql, values)
            if len(self._plans) > _MOST_PLANS:
                self._plans.popitem(last=False)
        self._plan, self._steps = plan, 0
        if plan.loops != self._watches:
            self._watch(plan.loops)

    def end(self, changes: int) -> tuple[int, int]:
        """Rows read and rows written by a statement with so many changes."""
        plan = self._plan
        if self._watches:
            self._watch(False)
        written = changes * max(1, plan.writes) or plan.writes * plan.defines
        return self._steps + plan.looks, written

    def _watch(self, on: bool) -> None:
        self._watches = on
        self._connection.trace_v2(apsw.SQLITE_TRACE_PROFILE if on else 0, self._ended if on else None)

    def _ended(self, event: dict[str, Any]) -> None:
        self._steps += event["stmt_status"][_STEPS]

    def _explained(self, sql: str, values: Sequence[Any]) -> Plan:
        try:
            codes = [row[1] for row in self._connection.execute(f"EXPLAIN {sql}", values)]
        except (apsw.Error, UnicodeError):  # carried out, it will say the same
            return _UNKNOWN
        return Plan(
            sum(code in _LOOKS for code in codes),
            sum(code in _WRITES for code in codes),
            loops=not _LOOPS.isdisjoint(codes),
            defines="ParseSchema" in codes,
        )
