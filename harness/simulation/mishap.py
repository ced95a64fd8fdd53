"""Mishaps: what goes wrong in a simulation, each at a named place.

``crash@operator-1.2:7`` is a crash of the invocation that answers the second request of operator-1, before
its seventh KV operation. Without an operation the request as a whole is meant.
"""

from dataclasses import dataclass
from typing import Final

from harness.simulation.chance import Chance
from kvstore.transit import MISHAPS

# What befalls a request as a whole: its answer is lost on the way back; work after the answer is cut off.
WHOLE: Final = ("dropped", "background")
# What befalls somebody: a daemon dies while it works, and comes back later.
BREAKDOWN: Final = "breakdown"
KINDS: Final = (*MISHAPS, *WHOLE, BREAKDOWN)


@dataclass(frozen=True, slots=True, order=True)
class PlannedMishap:
    """``kind`` at ``operation`` (from 1, 0 for the request as a whole) of the request that is named."""

    kind: str
    request: str
    operation: int = 0

    def __str__(self) -> str:
        place = f":{self.operation}" if self.operation else ""
        return f"{self.kind}@{self.request}{place}"

    @classmethod
    def draw(cls, chance: Chance) -> "PlannedMishap":
        """Any mishap: mostly in the operator's requests, early rather than late."""
        who = ("operator-1", "operator-1", "operator-1", "daemon-1", "daemon-2", "producer-1")[
            chance.below(6)
        ]
        kind = KINDS[chance.below(len(KINDS))]
        if kind == BREAKDOWN and not who.startswith("daemon"):
            kind = "crash"
        place = min(chance.below(8), chance.below(8))
        # A daemon breaks down after a claim, and those are among the first of its requests.
        request = f"{who}.{1 + (min(place, 1) if kind == BREAKDOWN else place)}"
        operation = 0 if kind in (*WHOLE, BREAKDOWN) else 1 + min(chance.below(40), chance.below(40))
        return cls(kind, request, operation)


def read_mishap(text: str) -> PlannedMishap:
    """A mishap from its own text. Raises ValueError with what is wrong."""
    kind, at, place = text.partition("@")
    request, colon, operation = place.partition(":")
    whole = kind in (*WHOLE, BREAKDOWN)
    well_formed = bool(at and request) and whole != bool(colon)
    if kind not in KINDS or not well_formed or (colon and not (operation.isdecimal() and int(operation))):
        raise ValueError(
            f"{text!r} is no mishap: it takes {'|'.join(MISHAPS)}@REQUEST:N, where N counts KV operations "
            f"from 1, or {'|'.join((*WHOLE, BREAKDOWN))}@REQUEST, with a request such as operator-1.2"
        )
    return PlannedMishap(kind, request, int(operation or 0))
