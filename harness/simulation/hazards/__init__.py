"""The known hazards of the queue migration, each recognised by what it leaves in the record of a simulation.

A checker says what is wrong; a detector here says how it came about. The numbers are those of the list of
hazards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.simulation.record import Record
from harness.verdict import Moment


@dataclass(frozen=True)
class Diagnosis:
    """``hazard`` happened: ``what`` in a sentence, to ``keys``, as ``moments`` show for the first of them.

    ``invariants`` are those that it violates, by the list.
    """

    hazard: str
    what: str
    keys: tuple[str, ...]
    moments: tuple[Moment, ...]
    invariants: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "hazard": self.hazard,
            "what": self.what,
            "keys": list(self.keys),
            "moments": [moment.as_json() for moment in self.moments],
            "invariants": list(self.invariants),
        }


Detector = Callable[[Record], Diagnosis | None]

DETECTORS: tuple[Detector, ...] = ()


def diagnose(record: Record) -> list[Diagnosis]:
    """Every hazard that can be recognised in the record, in the order of their numbers."""
    found = [detect(record) for detect in DETECTORS]
    return sorted((one for one in found if one is not None), key=lambda one: one.hazard)
