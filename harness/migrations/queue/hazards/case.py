"""What detectors say, and what that is built from: the times that a hazard struck, each with its evidence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Moment, agree


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


def diagnosis(
    record: Record, hazard: str, what: str, tasks: Iterable[str], *invariants: str
) -> Diagnosis | None:
    """A diagnosis about ``tasks`` with the events of the first of them; None when there are none."""
    named = tuple(dict.fromkeys(tasks))
    if not named:
        return None
    return Diagnosis(hazard, agree(what, len(named)), named, timeline.about(record, named[0]), invariants)


def argued(
    hazard: str, what: str, keys: Iterable[str], evidence: Iterable[Moment], *invariants: str
) -> Diagnosis:
    """A diagnosis about ``keys`` (one at least) with ``evidence`` of its own, which is put in order."""
    named = tuple(dict.fromkeys(keys))
    told = timeline.shortened(sorted(set(evidence)))
    return Diagnosis(hazard, agree(what, len(named)), named, told, invariants)


@dataclass(frozen=True, slots=True)
class Case:
    """One time that a hazard struck: ``key`` names the task or the key, ``evidence`` shows how.

    Only that of the first case is ever looked at.
    """

    key: str
    evidence: Iterable[Moment]


def diagnosed(hazard: str, what: str, cases: Iterable[Case], *invariants: str) -> Diagnosis | None:
    """The diagnosis of ``cases``, with the evidence of the first; None when there are none.

    ``what`` is a sentence about their keys; see `verdict.agree` for what may stand in it.
    """
    found, first = dict[str, None](), None
    for case in cases:
        first = first or case
        found[case.key] = None
    if first is None:
        return None
    evidence = timeline.shortened(sorted(set(first.evidence)))
    return Diagnosis(hazard, agree(what, len(found)), tuple(found), evidence, invariants)
