"""Recognitions: the known hazards that a search met, each in the smallest scenario that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.explore.search import Shown
from harness.explore.tally import Tally
from harness.migrations.queue.hazards import Diagnosis, diagnose
from harness.migrations.queue.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Discovery:
    """After how many seconds a search met something first.

    Unlike what is said of the runs themselves, that depends on who did which of them when.
    """

    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {"seconds": round(self.seconds, 2)}


@dataclass(frozen=True)
class Recognition:
    """A hazard in ``runs`` runs, most simply in ``scenario``, where it is as ``diagnosis`` says."""

    diagnosis: Diagnosis
    scenario: Scenario
    runs: int
    first: int
    discovery: Discovery

    def as_json(self) -> dict[str, Any]:
        return {
            **self.diagnosis.as_json(),
            "runs": self.runs,
            "first": self.first,
            "scenario": str(self.scenario),
        }


def recognitions(
    found: Iterable[Shown], tally: Tally, discoveries: dict[str, Discovery]
) -> list[Recognition]:
    """What was recognised, by the numbers of the hazards."""
    return [_recognition(shown, tally, discoveries) for shown in sorted(found, key=lambda one: one.key)]


def _recognition(shown: Shown, tally: Tally, discoveries: dict[str, Discovery]) -> Recognition:
    hazard = shown.key[0]
    group = tally.hazards[hazard]
    every = diagnose(shown.system.simulate(shown.scenario))
    diagnosis = next(one for one in every if one.hazard == hazard)
    return Recognition(diagnosis, shown.scenario, group.runs, group.first, discoveries[hazard])
