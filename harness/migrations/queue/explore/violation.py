"""Violations: what a search found, each in the smallest scenario that shows it, and why it happens."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.engine.loop import Deadlock
from harness.explore.wording import wording
from harness.migrations.queue.explore.tally import (
    DEADLOCK,
    Key,
    SearchError,
    Tally,
    backstage,
    judgement,
    recognised,
    violated,
)
from harness.migrations.queue.hazards import Diagnosis, diagnose
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.verdict import Finding


@dataclass(frozen=True)
class Violation:
    """One way in which an invariant is violated: in ``runs`` runs, most simply in ``scenario``."""

    invariant: str
    title: str
    finding: Finding
    causes: tuple[Diagnosis, ...]
    scenario: Scenario
    runs: int
    first: int


@dataclass(frozen=True, slots=True)
class Shown:
    """``scenario`` shows what ``key`` says, with the Worker of a folder."""

    worker: Path
    key: Key
    scenario: Scenario

    def is_shown_by(self, scenario: Scenario) -> bool:
        try:
            record = simulate(scenario, backstage(self.worker))
            if not self.key[1]:
                return self.key in recognised(record)
            return self.key in violated(judgement(self.worker).verdicts(record))
        except Deadlock as deadlock:
            return self.key == (DEADLOCK, wording(str(deadlock)))


def violations(found: Iterable[Shown], tally: Tally) -> list[Violation]:
    """What was found, by the numbers of the invariants. Raises SearchError for what is not seen again."""
    by_key = sorted(found, key=lambda shown: shown.key)
    return sorted((_violation(shown, tally) for shown in by_key), key=_order)


def _order(violation: Violation) -> tuple[int, int]:
    number = violation.invariant[1:]
    return (int(number) if number.isdecimal() else 99, -violation.runs)


def _violation(shown: Shown, tally: Tally) -> Violation:
    key, scenario, group = shown.key, shown.scenario, tally.violations[shown.key]
    try:
        record = simulate(scenario, backstage(shown.worker))
    except Deadlock as deadlock:
        return Violation(
            DEADLOCK, "Nobody can go on", Finding(str(deadlock)), (), scenario, group.runs, group.first
        )
    for verdict in judgement(shown.worker).verdicts(record):
        for finding in verdict.findings:
            if (verdict.invariant, wording(finding.what)) == key:
                causes = likely_causes(record, verdict.invariant, finding)
                return Violation(
                    verdict.invariant, verdict.title, finding, causes, scenario, group.runs, group.first
                )
    raise SearchError(f"not seen again: {key[0]}, {key[1]}, in {scenario}")


def likely_causes(record: Record, invariant: str, finding: Finding) -> tuple[Diagnosis, ...]:
    """The hazards that explain a finding: about the same keys, or known to violate the invariant."""
    every = diagnose(record)
    same = [one for one in every if set(one.keys) & set(finding.keys)]
    known = [one for one in every if invariant in one.invariants]
    both = [one for one in same if one in known]
    return tuple(both or known or same)
