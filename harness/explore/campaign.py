"""A campaign: the same migration simulated again and again, with other people, other mishaps, another order.

Everything about a run follows from its scenario. What is violated is grouped by what the finding says; the
smallest scenario of each group is made smaller still, and told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from harness.explore.shrink import shrink
from harness.explore.sometimes import due
from harness.explore.tally import DEADLOCK, Key, SearchError, Tally, backstage, tallied, violated
from harness.explore.wording import wording
from harness.explore.workforce import Workforce
from harness.simulation.checkers import judge
from harness.simulation.hazards import Diagnosis, diagnose
from harness.simulation.loop import Deadlock
from harness.simulation.mishap import PlannedMishap
from harness.simulation.record import OPERATOR, Record
from harness.simulation.scenario import Scenario, draw
from harness.simulation.simulate import simulate
from harness.verdict import Finding

_BATCH: Final = 20

# Runs done, of how many, violated groups and properties met so far.
Tell = Callable[[int, int, int, int], None]


def _nobody(done: int, of: int, found: int, met: int) -> None:
    """The default: nobody is told."""


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


@dataclass(frozen=True)
class Campaign:
    """A finished search through ``what``: ``unmet`` are the properties that it should have met."""

    what: str
    base: Scenario
    tally: Tally
    violations: Sequence[Violation]
    unmet: Sequence[str]
    workers: int

    @property
    def passed(self) -> bool:
        return not self.violations


def explore_schedules(base: Scenario, seeds: range, workforce: Workforce, tell: Tell = _nobody) -> Campaign:
    """Simulate a scenario for every seed, as ``base`` says of its conditions, migration and claims.

    Raises SearchError when a simulation fails by itself.
    """
    what = f"random schedules, seeds {seeds.start:,} to {seeds.stop - 1:,}"
    tally, violations = _explored([draw(seed, base) for seed in seeds], workforce, tell)
    unmet = [name for name in due(base) if name not in tally.met]
    return Campaign(what, base, tally, violations, unmet, workforce.workers)


def explore_mishaps(
    base: Scenario, kinds: Sequence[str], workforce: Workforce, tell: Tell = _nobody
) -> Campaign:
    """Simulate ``base`` with each kind of mishap at every KV operation of every operator, one at a time.

    Raises SearchError as `explore_schedules` does.
    """
    record = simulate(base, backstage())
    places = [
        (call.name, operation)
        for call in record.calls
        if call.actor.startswith(OPERATOR)
        for operation in range(1, call.operations + 1)
    ]
    scenarios = [
        replace(base, mishaps=(*base.mishaps, PlannedMishap(kind, *place)))
        for kind in kinds
        for place in places
    ]
    what = f"{len(places):,} operations of the operators × {', '.join(kinds)}, all there are"
    tally, violations = _explored(scenarios, workforce, tell)
    return Campaign(what, base, tally, violations, [], workforce.workers)


def _explored(
    scenarios: Sequence[Scenario], workforce: Workforce, tell: Tell
) -> tuple[Tally, list[Violation]]:
    tally = Tally()
    jobs = [scenarios[at : at + _BATCH] for at in range(0, len(scenarios), _BATCH)]
    for part in workforce.do(tallied, jobs):
        tally.merge(part)
        tell(tally.runs, len(scenarios), len(tally.violations), len(tally.met))
    groups = [(key, tally.violations[key].smallest) for key in sorted(tally.violations)]
    shrunk = dict(workforce.do(_shrunk, groups))
    return tally, sorted((_violation(key, shrunk[key], tally) for key, _ in groups), key=_order)


def _order(violation: Violation) -> tuple[int, int]:
    number = violation.invariant[1:]
    return (int(number) if number.isdecimal() else 99, -violation.runs)


def _shrunk(group: tuple[Key, Scenario]) -> tuple[Key, Scenario]:
    key, scenario = group
    return key, shrink(scenario, partial(_shows, key))


def _shows(key: Key, scenario: Scenario) -> bool:
    try:
        return key in violated(simulate(scenario, backstage()))
    except Deadlock as deadlock:
        return key == (DEADLOCK, wording(str(deadlock)))


def _violation(key: Key, scenario: Scenario, tally: Tally) -> Violation:
    group = tally.violations[key]
    try:
        record = simulate(scenario, backstage())
    except Deadlock as deadlock:
        return Violation(
            DEADLOCK, "Nobody can go on", Finding(str(deadlock)), (), scenario, group.runs, group.first
        )
    for verdict in judge(record):
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
