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
# Where AUTOINCREMENT remembers the last number.
_NUMBERS: Final = "MemMax"
_STEPS: Final = "SQLITE_STMTSTATUS_FULLSCAN_STEP"
_MOST_PLANS: Final = 1000


class Plan(NamedTuple):
    """Places in a program that look for a row, and what it writes: for each row that changes, and anyway.

    ``alters``: it changes the schema, which does not count as a change of rows.
    """

    looks: int = 0
    a_change: int = 1
    anyway: int = 0
    loops: bool = False
    alters: bool = False


_UNKNOWN: Final = Plan()


class Cost:
    """Of the statements of ``connection``, one after the other."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._plan = _UNKNOWN
        self._steps = 0
        self.watches = False  # whether the statement's steps have to be counted

    def begin(self, sql: str, values: Sequence[Any]) -> None:
        """Before a statement is carried out."""
        self._plan = plan = self._plans.get(sql) or self._plan_of(sql, values)
        if plan.loops != self.watches:
            self._watch(plan.loops)

    def end(self, changes: int, returned: int) -> tuple[int, int]:
        """Rows read and rows written by a statement with so many changes, which ``returned`` so many rows."""
        plan = self._plan
        read = plan.looks
        if self.watches:
            read += self._steps
            self._watch(False)
        if plan.alters:  # what was known of the tables may be so no longer
            self._plans.clear()
            return read, changes * plan.a_change or plan.anyway
        read = returned if returned > read else read
        return read, changes * plan.a_change + plan.anyway

    def _plan_of(self, sql: str, values: Sequence[Any]) -> Plan:
        plan = self._explained(sql, values)
        if plan is not _UNKNOWN:
            self._plans[sql] = plan
            if len(self._plans) > _MOST_PLANS:
                self._plans.popitem(last=False)
        return plan

    def _watch(self, on: bool) -> None:
        self.watches, self._steps = on, 0
        self._connection.trace_v2(apsw.SQLITE_TRACE_PROFILE if on else 0, self._ended if on else None)

    def _ended(self, event: dict[str, Any]) -> None:
        self._steps += event["stmt_status"][_STEPS]

    def _explained(self, sql: str, values: Sequence[Any]) -> Plan:
        try:  # not kept: see `may_keep`
            told = self._connection.execute(f"EXPLAIN {sql}", values, can_cache=False)
            codes = [row[1] for row in told]
        except (apsw.Error, UnicodeError):  # carried out, it will say the same
            return _UNKNOWN
        writes, alters = sum(code in _WRITES for code in codes), "ParseSchema" in codes
        numbers = _NUMBERS in codes  # a row for all that are inserted
        return Plan(
            sum(code in _LOOKS for code in codes),
            max(1, writes - numbers),
            writes if alters else int(numbers),
            not _LOOPS.isdisjoint(codes),
            alters,
        )
