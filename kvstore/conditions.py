"""Conditions: how unfriendly the platform is to a rehearsal, a simulation, or a Worker in development."""

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Final

from kvstore.figures import FIGURES, Figure, whole
from kvstore.layers.edge import Staleness
from kvstore.layers.quotas import FREE_PLAN, PAID_PLAN, UNLIMITED, Allowance, WriteRate


@dataclass(frozen=True, slots=True)
class Conditions:
    """``allowance`` limits operations, ``staleness`` what a location sees (None: everything at once).

    ``latency_ms`` is how long a KV operation takes, ``pause_ms`` how long somebody waits between two
    requests; where either is set, time is simulated and nothing really waits.
    """

    name: str
    allowance: Allowance = UNLIMITED
    staleness: Staleness | None = None
    latency_ms: int = 0
    pause_ms: int = 0

    @property
    def simulated(self) -> bool:
        """Whether time is simulated: everything but a plain local run."""
        return bool(self.latency_ms or self.pause_ms or self.staleness)

    def judged_by(self) -> dict[str, Figure]:
        """The figures that these conditions stand on, by their names; what has no limit has none.

        One that differs from the table was chosen: a budget.
        """
        found = {}
        for part in (self.allowance, self.staleness):
            for member in () if part is None else fields(part):
                value = getattr(part, member.name)
                of = (self.name, "kv", "d1")
                name = next((n for one in of if (n := f"{one}.{member.name}") in FIGURES), "")
                if member.name == "write_interval_ms" and self.allowance.write_rate == "lost":
                    name = "kv.lost_write_interval_ms"
                if value is not None and name in FIGURES:
                    found[name] = _as_judged(FIGURES[name], value)
        return found

    def judged_json(self) -> dict[str, Any]:
        """The same, as reports have it."""
        return {name: one.as_json() for name, one in self.judged_by().items()}

    def judged_line(self) -> str:
        """The budget and the write rate that everything was judged by, each with how certain it is."""
        judged = self.judged_by()
        if not judged:
            return "no limits, and everybody sees everything at once"
        lost = self.allowance.write_rate == "lost"
        rate = judged["kv.lost_write_interval_ms" if lost else "kv.write_interval_ms"]
        (budget,) = (one for name, one in judged.items() if name.endswith(".operations"))
        beside = f"; beside it {budget.beside.partition(' (')[0]}" if budget.beside else ""
        return (
            f"{budget.value:,} operations of an invocation ({_said(budget)}{beside}), a write of a key a "
            f"second, sooner {'lost' if lost else 'refused'} ({_said(rate)})"
        )


def _said(figure: Figure) -> str:
    return f"{figure.certainty} {figure.date}".rstrip()


def _as_judged(figure: Figure, value: int) -> Figure:
    if value == figure.value:
        return figure
    return replace(figure, value=value, source="who rehearses", date="", certainty="chosen", beside="")


_HOSTILE = replace(PAID_PLAN, operations=whole("hostile.operations"), deletes_are_writes=True)
_TIMES = {"latency_ms": whole("kv.latency_ms"), "pause_ms": whole("kv.pause_ms")}

CONDITIONS: Final = {
    "local": Conditions("local"),
    "production": Conditions("production", PAID_PLAN, Staleness(), **_TIMES),
    "free": Conditions("free", FREE_PLAN, Staleness(), **_TIMES),
    "hostile": Conditions("hostile", _HOSTILE, Staleness(own_writes=whole("hostile.own_writes")), **_TIMES),
}

# Locations, the operator's first, and one from where nobody has read anything before the end.
COLOS: Final = ("AMS", "NRT", "IAD", "GRU")
JUDGE: Final = "ZRH"


@cache
def conditions_of(name: str, budget: int, write_rate: WriteRate = "refused") -> Conditions:
    """The conditions of that name, with ``budget`` KV operations for an invocation; 0 for their own."""
    named = CONDITIONS[name]
    allowance = replace(named.allowance, write_rate=write_rate)
    return replace(named, allowance=replace(allowance, operations=budget) if budget else allowance)
