"""Conditions: how unfriendly the platform is to a rehearsal, a simulation, or a Worker in development."""

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Final

from kvstore.figures import FIGURES, Figure, whole
from kvstore.layers.edge import Staleness
from kvstore.layers.instant import Instant
from kvstore.layers.quotas import FREE_PLAN, PAID_PLAN, UNLIMITED, Allowance, WriteRate


@dataclass(frozen=True, slots=True)
class Conditions:
    """``allowance`` limits operations, ``staleness`` what a location sees (None: everything at once).

    ``latency_ms`` is how long a KV operation takes, ``pause_ms`` how long somebody waits between two
    requests; where either is set, time is simulated and nothing really waits. ``instant`` is the mode of
    namespaces that are created as KV Instant; None for those of classic KV.
    """

    name: str
    allowance: Allowance = UNLIMITED
    staleness: Staleness | None = None
    latency_ms: int = 0
    pause_ms: int = 0
    instant: Instant | None = None

    @property
    def classic(self) -> "Conditions":
        """The same for a namespace of classic KV, from which another in the mode of KV Instant is filled."""
        if self.instant is None:
            return self
        allowance = replace(self.allowance, writes_of="key")
        return replace(self, allowance=allowance, staleness=Staleness(), instant=None)

    @property
    def simulated(self) -> bool:
        """Whether time is simulated: everything but a plain local run."""
        return bool(self.latency_ms or self.pause_ms or self.staleness)

    def judged_by(self) -> dict[str, Figure]:
        """The figures that these conditions stand on, by their names; what has no limit has none.

        One that differs from the table was chosen: a budget.
        """
        found = {}
        for part in (self.allowance, self.staleness, self.instant):
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
            return "no limits, and every location sees every write at once"
        lost = self.allowance.write_rate == "lost"
        (rate,) = (one for name, one in judged.items() if name.endswith("write_interval_ms"))
        (budget,) = (one for name, one in judged.items() if name.endswith(".operations"))
        beside = f"; beside it {budget.beside.partition(' (')[0]}" if budget.beside else ""
        return (
            f"{budget.value:,} operations per invocation ({_said(budget)}{beside}), one write a second per "
            f"{self.allowance.writes_of}, earlier ones {'lost' if lost else 'refused'} ({_said(rate)})"
        )


def _said(figure: Figure) -> str:
    return f"{figure.certainty} {figure.date}".rstrip()


def _as_judged(figure: Figure, value: int) -> Figure:
    if value == figure.value:
        return figure
    return replace(figure, value=value, source="who rehearses", date="", certainty="chosen", beside="")


_HOSTILE = replace(PAID_PLAN, operations=whole("hostile.operations"), deletes_are_writes=True)
_FAR = Conditions("far", latency_ms=whole("kv.latency_ms"), pause_ms=whole("kv.pause_ms"))

_ONE_OF_ALL = replace(PAID_PLAN, write_interval_ms=whole("instant.write_interval_ms"), writes_of="namespace")

CONDITIONS: Final = {
    "local": Conditions("local"),
    "production": replace(_FAR, name="production", allowance=PAID_PLAN, staleness=Staleness()),
    "free": replace(_FAR, name="free", allowance=FREE_PLAN, staleness=Staleness()),
    "hostile": replace(
        _FAR,
        name="hostile",
        allowance=_HOSTILE,
        staleness=Staleness(own_writes=whole("hostile.own_writes")),
    ),
    "instant": replace(_FAR, name="instant", allowance=_ONE_OF_ALL, instant=Instant()),
}

# Those of classic KV: what a migration within it is judged under.
CLASSIC: Final = tuple(name for name, one in CONDITIONS.items() if one.instant is None)

# Locations, the operator's first, and one that reads nothing before the end.
COLOS: Final = ("AMS", "NRT", "IAD", "GRU")
JUDGE: Final = "ZRH"


@cache
def conditions_of(name: str, budget: int, write_rate: WriteRate = "refused") -> Conditions:
    """The conditions of that name, with ``budget`` KV operations for an invocation; 0 for their own."""
    named = CONDITIONS[name]
    allowance = replace(named.allowance, write_rate=write_rate)
    return replace(named, allowance=replace(allowance, operations=budget) if budget else allowance)
