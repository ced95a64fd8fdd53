"""The assessment: every promise judged for both migrations, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.migrations.queue.promises.evidence import (
    DEFAULT_CONDITIONS,
    DEFAULT_SEEDS,
    Evidence,
    Inquiry,
    NothingSeen,
)
from harness.migrations.queue.promises.guide import PROMISES
from harness.migrations.queue.promises.promise import Judgement, Promise
from harness.migrations.queue.promises.recommendation import Recommendation, recommend
from harness.migrations.queue.simulation.scenario import MIGRATIONS, Migration
from harness.model.decision import Decision
from harness.terminal.lines import command_line

_BEST_FIRST: Final = ("go", "inconclusive", "no-go")


@dataclass(frozen=True, slots=True)
class Row:
    """A promise with a judgement for each migration."""

    promise: Promise
    judgements: Mapping[Migration, Judgement]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.promise.id,
            "claim": self.promise.claim,
            "where": self.promise.where,
            **{migration: one.as_json() for migration, one in self.judgements.items()},
        }


@dataclass(frozen=True)
class Assessment:
    """``rows`` in the guide's order, ``recommendations`` when all of the promises were judged."""

    inquiry: Inquiry
    evidence: Sequence[Evidence]
    rows: Sequence[Row]
    recommendations: Sequence[Recommendation]

    @property
    def decision(self) -> Decision:
        """On the migration that is best to go with; of single promises, on those that the safe one breaks.

        Each of these is judged by what it says; an opinion is not a judgement.
        """
        if self.recommendations:
            decisions = [one.decision for one in self.recommendations]
            return min(decisions, key=lambda one: _BEST_FIRST.index(one.verdict))
        safe = [(f"{one.promise.id} {one.promise.claim}", one.judgements["safe"]) for one in self.rows]
        broken = [name for name, one in safe if one.verdict == "broken"]
        unjudged = [
            f"{name}: {one.because if one.verdict == 'unjudged' else 'that is a matter of opinion'}"
            for name, one in safe
            if one.verdict in ("opinion", "unjudged")
        ]
        return Decision(broken, None, unjudged if len(unjudged) == len(safe) else [])


def assess(inquiry: Inquiry, only: Sequence[str] = ()) -> Assessment:
    """Judge the promises, or ``only`` those of these ids. Raises SearchError when a simulation fails."""
    evidence = [Evidence(inquiry, migration) for migration in MIGRATIONS]
    for one in evidence if not only else []:  # first of all: the copy grows old
        inquiry.on_progress(f"{one.migration}: walks", len(one.walks), len(one.walks))
    rows = [Row(one, _judged(one, evidence)) for one in PROMISES if not only or one.id in only]
    recommendations = [] if only else [recommend(one) for one in evidence]
    return Assessment(inquiry, evidence, rows, recommendations)


def _judged(promise: Promise, evidence: Sequence[Evidence]) -> dict[Migration, Judgement]:
    found = {}
    for one in evidence:
        one.inquiry.on_progress(f"{one.migration}: {promise.id}", PROMISES.index(promise) + 1, len(PROMISES))
        try:
            judgement = promise.judge(one)
        except NothingSeen as error:
            judgement = Judgement("unjudged", str(error))
        found[one.migration] = replace(judgement, replay=judgement.replay or _again(one, promise))
    return found


def _again(evidence: Evidence, promise: Promise) -> str:
    """What takes no simulation of its own is shown again by judging it again."""
    inquiry = evidence.inquiry
    flags = [*inquiry.arguments, "--promises", promise.id]
    if inquiry.conditions != DEFAULT_CONDITIONS:
        flags += ["--conditions", inquiry.conditions]
    if inquiry.seeds != DEFAULT_SEEDS:
        flags += ["--seeds", f"{inquiry.seeds.start}-{inquiry.seeds.stop - 1}"]
    return command_line(["rehearse", "queue", *flags])
