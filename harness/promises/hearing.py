"""The hearing: every promise judged for both migrations, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.lines import command_line
from harness.migrations.queue import MIGRATIONS
from harness.promises.decision import Decision, decide
from harness.promises.evidence import DEFAULT_CONDITIONS, DEFAULT_SEEDS, Evidence, Inquiry
from harness.promises.guide import PROMISES
from harness.promises.promise import Judgement, Promise
from harness.simulation.scenario import Migration


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
class Hearing:
    """``rows`` in the guide's order, ``decisions`` when all of the promises were judged."""

    inquiry: Inquiry
    evidence: Sequence[Evidence]
    rows: Sequence[Row]
    decisions: Sequence[Decision]

    @property
    def passed(self) -> bool:
        """Whether there is a migration to go with: of single promises, whether the safe one breaks none."""
        if self.decisions:
            return any(decision.go for decision in self.decisions)
        return all(row.judgements["safe"].verdict != "broken" for row in self.rows)


def hear(inquiry: Inquiry, only: Sequence[str] = ()) -> Hearing:
    """Judge the promises, or ``only`` those of these ids. Raises SearchError when a simulation fails."""
    evidence = [Evidence(inquiry, migration) for migration in MIGRATIONS]
    for one in evidence if not only else []:  # first of all: the copy grows old
        inquiry.tell(f"{one.migration}: walks", len(one.walks), len(one.walks))
    rows = [Row(one, _judged(one, evidence)) for one in PROMISES if not only or one.id in only]
    decisions = [] if only else [decide(one) for one in evidence]
    return Hearing(inquiry, evidence, rows, decisions)


def _judged(promise: Promise, evidence: Sequence[Evidence]) -> dict[Migration, Judgement]:
    found = {}
    for one in evidence:
        one.inquiry.tell(f"{one.migration}: {promise.id}", PROMISES.index(promise) + 1, len(PROMISES))
        judgement = promise.judge(one)
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
