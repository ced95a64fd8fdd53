"""What detectors are built from: the times that a hazard struck, each with its own evidence."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.migrations.queue.hazards.diagnosis import Diagnosis
from harness.migrations.queue.simulation import moments
from harness.model.verdict import Moment, agree


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
    found: dict[str, Case] = {}
    for case in cases:
        found.setdefault(case.key, case)
    if not found:
        return None
    first = next(iter(found.values()))
    evidence = moments.shortened(sorted(set(first.evidence)))
    return Diagnosis(hazard, agree(what, len(found)), tuple(found), evidence, invariants)
