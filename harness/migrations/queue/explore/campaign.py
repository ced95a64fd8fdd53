"""A campaign: the same migration simulated again and again, with other people, other faults, another order.

Everything about a run follows from its scenario. What is violated is grouped by what the finding says; the
smallest scenario of each group is made smaller still, and told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.decision import Decision
from harness.explore.shrink import shrink
from harness.explore.workforce import Workforce
from harness.lines import some
from harness.migrations.queue.explore.recognition import Discovery, Recognition, recognitions
from harness.migrations.queue.explore.sometimes import due
from harness.migrations.queue.explore.tally import Batch, Tally, simulated, tallied
from harness.migrations.queue.explore.violation import Shown, Violation, violations
from harness.migrations.queue.simulation.record import OPERATOR, Call
from harness.migrations.queue.simulation.scenario import Scenario, draw
from harness.migrations.queue.walk.stage import QUEUE_WORKER
from kvstore.clock import stopwatch
from kvstore.faults import FAULTS, OPERATION, Fault

_BATCH: Final = 20

# Runs done, of how many, violated groups and properties met so far.
Tell = Callable[[int, int, int, int], None]


def _nobody(done: int, of: int, found: int, met: int) -> None:
    """The default: nobody is told."""


@dataclass(frozen=True)
class Campaign:
    """A finished search through ``what``: ``unmet`` are the properties that it should have met.

    ``notes`` say what else there is to say of it.
    """

    what: str
    base: Scenario
    worker: Path
    tally: Tally
    violations: Sequence[Violation]
    hazards: Sequence[Recognition]
    unmet: Sequence[str]
    workers: int
    notes: Sequence[str] = ()

    @property
    def decision(self) -> Decision:
        looked = self.tally.looked
        unmet = [f"this never happened: {', '.join(self.unmet)}"] if self.unmet else []
        if looked.planned and not looked.fired:
            unmet.append("no planned fault ever happened")
        violated = [f"{one.invariant} {one.finding.what}" for one in self.violations]
        return Decision(violated, looked, unmet)


def explore_schedules(
    base: Scenario,
    seeds: range,
    workforce: Workforce,
    tell: Tell = _nobody,
    worker: Path = QUEUE_WORKER,
) -> Campaign:
    """Simulate a scenario for every seed, as ``base`` says of its conditions, migration and claims.

    ``worker`` is the folder of the Worker.
    Raises SearchError when a simulation fails by itself.
    """
    what = f"random schedules, seeds {seeds.start:,} to {seeds.stop - 1:,}"
    campaign = explored(what, base, [draw(seed, base) for seed in seeds], workforce, tell, worker)
    return replace(campaign, unmet=[name for name in due(base) if name not in campaign.tally.met])


def explore_faults(
    base: Scenario,
    kinds: Sequence[str],
    workforce: Workforce,
    tell: Tell = _nobody,
    worker: Path = QUEUE_WORKER,
    *,
    everyone: bool = False,
) -> Campaign:
    """Simulate ``base`` with each kind of fault wherever it can strike the operators, one at a time.

    That is at every KV operation, or at every request, as the kind is. With ``everyone`` also at those of
    daemons, producers and lookers. What is planned and does not happen is said, and makes nothing conclusive.
    Raises SearchError as `explore_schedules` does.
    """
    record = simulated(base, worker)
    calls = [call for call in record.calls if everyone or call.actor.startswith(OPERATOR)]
    planned = [fault for kind in kinds for fault in _faults(kind, calls)]
    scenarios = [replace(base, mishaps=(*base.mishaps, fault)) for fault in planned]
    whose = "everyone" if everyone else "the operators"
    operations = sum(call.operations for call in calls)
    counted = [kind for kind in kinds if kind in OPERATION]
    what = [f"{operations:,} operations of {whose} × {', '.join(counted)}"] if counted else []
    for kind in (kind for kind in kinds if kind not in OPERATION):
        what.append(f"{sum(fault.kind == kind for fault in planned):,} requests of {whose} × {kind}")
    search = f"{' and '.join(what)}, all there are"
    campaign = explored(search, base, scenarios, workforce, tell, worker)
    missed = [str(fault) for fault in planned if not campaign.tally.fired[str(fault)]]
    if not missed:
        return campaign
    note = f"Of {len(planned):,} faults {len(missed):,} did not happen, and stand for nothing: {some(missed)}"
    return replace(campaign, notes=(note,))


def _faults(kind: str, calls: Sequence[Call]) -> Iterator[Fault]:
    """One kind of fault wherever it can strike."""
    strikes = FAULTS[kind].strikes
    for call in calls:
        if strikes == "operation":
            yield from (Fault(kind, operation, call.name) for operation in range(1, call.operations + 1))
        elif strikes != "actor" or call.step == "claim":
            yield Fault(kind, 0, call.name)


def explored(
    what: str,
    base: Scenario,
    scenarios: Sequence[Scenario],
    workforce: Workforce,
    tell: Tell,
    worker: Path,
) -> Campaign:
    """Simulate all of ``scenarios``; tell what they showed."""
    start, tally = stopwatch(), Tally()
    discoveries: dict[str, Discovery] = {}
    jobs = [Batch(worker, scenarios[at : at + _BATCH]) for at in range(0, len(scenarios), _BATCH)]
    for part in workforce.do(tallied, jobs):
        tally.merge(part)
        for hazard in tally.hazards:
            discoveries.setdefault(hazard, Discovery(tally.runs, stopwatch() - start))
        tell(tally.runs, len(scenarios), len(tally.violations), len(tally.met))
    broken = [Shown(worker, key, tally.violations[key].smallest) for key in sorted(tally.violations)]
    known = [Shown(worker, (name, ""), tally.hazards[name].smallest) for name in sorted(tally.hazards)]
    small = list(workforce.do(shrunk, [*broken, *known]))
    return Campaign(
        what,
        base,
        worker,
        tally,
        violations([one for one in small if one.key[1]], tally),
        recognitions([one for one in small if not one.key[1]], tally, discoveries),
        (),
        workforce.workers,
    )


def shrunk(shown: Shown) -> Shown:
    """The same, shown by a scenario as small as can be found."""
    return replace(shown, scenario=shrink(shown.scenario, shown.is_shown_by))
