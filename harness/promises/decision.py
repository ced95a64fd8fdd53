"""Go or no-go for one migration, with the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.cost import Cost, cost
from harness.explore.campaign_report import replay
from harness.promises.evidence import Evidence
from harness.report import Rehearsal


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: ``what`` was seen, and the command that shows it."""

    what: str
    replay: str

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "replay": self.replay}


@dataclass(frozen=True)
class Decision:
    """``reasons`` against the migration, GO without any; ``cost`` of it on the source."""

    migration: str
    reasons: Sequence[Reason]
    cost: Cost

    @property
    def go(self) -> bool:
        return not self.reasons

    def as_json(self) -> dict[str, Any]:
        return {
            "migration": self.migration,
            "go": self.go,
            "reasons": [reason.as_json() for reason in self.reasons],
            "cost": self.cost.as_json(),
        }


def decide(evidence: Evidence) -> Decision:
    """By the walks on the source, and by the schedules."""
    walks = {walk.conditions.name: walk for walk in (evidence.local, evidence.chosen)}
    found = [_walked(name, walk) for name, walk in walks.items()]
    reasons = [*(one for one in found if one is not None), *_scheduled(evidence)]
    chosen = evidence.chosen
    return Decision(evidence.migration, reasons, cost(chosen.outcome, simulated=chosen.conditions.simulated))


def _walked(conditions: str, walk: Rehearsal) -> Reason | None:
    if walk.passed:
        return None
    named = ", ".join(verdict.invariant for verdict in walk.violated)
    return Reason(f"on this namespace, {conditions}: {named} violated", walk.command)


def _scheduled(evidence: Evidence) -> list[Reason]:
    """What was violated, the most frequent first."""
    schedules = evidence.schedules
    groups = sorted(schedules.violations.items(), key=lambda item: (-item[1].runs, item[0]))
    if not groups:
        return []
    named = ", ".join(f"{name} in {group.runs:,}" for name, group in groups)
    what = f"of {schedules.runs:,} schedules violated: {named}; the first of these:"
    return [Reason(what, replay(groups[0][1].smallest, evidence.inquiry.worker))]
