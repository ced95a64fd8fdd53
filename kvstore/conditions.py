"""Conditions: how unfriendly the platform is to a rehearsal, a simulation, or a Worker in development."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from kvstore.layers.edge import Staleness
from kvstore.layers.quotas import CONNECTIONS, FREE_PLAN, PAID_PLAN, UNLIMITED, Allowance


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


_HOSTILE = Allowance(operations=50, connections=CONNECTIONS, write_interval_ms=1000, deletes_are_writes=True)

# 10 ms is a round number for a KV operation from inside a Worker; no published figure is meant by it.
CONDITIONS: Final = {
    "local": Conditions("local"),
    "production": Conditions("production", PAID_PLAN, Staleness(), latency_ms=10, pause_ms=2000),
    "free": Conditions("free", FREE_PLAN, Staleness(), latency_ms=10, pause_ms=2000),
    "hostile": Conditions("hostile", _HOSTILE, Staleness(own_writes=900), latency_ms=10, pause_ms=2000),
}

# Locations, the operator's first, and one from where nobody has read anything before the end.
COLOS: Final = ("AMS", "NRT", "IAD", "GRU")
JUDGE: Final = "ZRH"


@cache
def conditions_of(name: str, budget: int) -> Conditions:
    """The conditions of that name, with ``budget`` KV operations for an invocation; 0 for their own."""
    named = CONDITIONS[name]
    if not budget:
        return named
    return replace(named, allowance=replace(named.allowance, operations=budget))
