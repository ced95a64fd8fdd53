"""What is recommended of one migration, with the reasons."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.migrations.queue.explore.campaign_report import replay
from harness.migrations.queue.promises.evidence import Evidence
from harness.migrations.queue.rehearsal.rehearsal import Rehearsal
from harness.migrations.queue.reports.cost import Cost, cost
from harness.model.decision import Decision


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: ``what`` was seen, and the command that shows it."""

    what: str
    replay: str


@dataclass(frozen=True)
class Recommendation:
    """``decision`` on the migration, ``reasons`` against it; ``cost`` of it on the source."""

    migration: str
    decision: Decision
    reasons: Sequence[Reason]
    cost: Cost

    @property
    def go(self) -> bool:
        return self.decision.verdict == "go"

    def as_json(self) -> dict[str, Any]:
        return {
            **self.decision.as_json(),
            "migration": self.migration,
            "go": self.go,
            "reasons": [asdict(reason) for reason in self.reasons],
            "cost": self.cost.as_json(),
        }


def recommend(evidence: Evidence) -> Recommendation:
    """By the walks on the source, and by the schedules."""
    walks = {walk.conditions.name: walk for walk in (evidence.local, evidence.chosen)}
    violated = [_violated(name, walk) for name, walk in walks.items() if walk.violated] + _scheduled(evidence)
    unsure = [
        Reason(f"on this namespace, {name}: {'; '.join(walk.decision.reasons)}", walk.command)
        for name, walk in walks.items()
        if walk.decision.verdict == "inconclusive"
    ]
    looked = evidence.all_schedules.looked
    for walk in walks.values():
        looked += walk.looked
    decision = Decision([one.what for one in violated], looked, [one.what for one in unsure])
    chosen = evidence.chosen
    return Recommendation(
        evidence.migration,
        decision,
        [*violated, *unsure],
        cost(chosen.record),
    )


def _violated(conditions: str, walk: Rehearsal) -> Reason:
    named = ", ".join(verdict.invariant for verdict in walk.violated)
    return Reason(f"on this namespace, {conditions}: {named} violated", walk.command)


def _scheduled(evidence: Evidence) -> list[Reason]:
    """What was violated, the most frequent first."""
    schedules = evidence.all_schedules
    groups = sorted(schedules.violations.items(), key=lambda item: (-item[1].runs, item[0]))
    if not groups:
        return []
    named = ", ".join(f"{name} in {group.runs:,}" for name, group in groups)
    what = f"of {schedules.runs:,} schedules violated: {named}; the first of these:"
    return [Reason(what, replay(groups[0][1].smallest, evidence.inquiry.worker))]
