"""A campaign: the same migration simulated again and again, with other people, other faults, another order.

Everything about a run follows from its scenario. What is violated is grouped by what the finding says; the
smallest scenario of each group is made smaller still, and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from harness.explore.faults import everywhere
from harness.explore.search import Damage, Shown, explained, searched, shrunk, simplest
from harness.explore.tally import Tally
from harness.explore.workforce import Workforce
from harness.migrations.queue.explore.recognition import Discovery, Recognition, recognitions
from harness.migrations.queue.explore.sometimes import due
from harness.migrations.queue.explore.system import Queue
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.record import OPERATOR
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS, QueueWorker
from harness.model.decision import Decision
from harness.terminal.lines import some
from kvstore.clock import stopwatch
from kvstore.faults import OPERATION


class OnProgress(Protocol):
    """Shows how far a search has come."""

    def simulated(self, done: int, of: int, found: int, met: int) -> None:
        """Runs done, of how many, violated groups and properties met so far."""

    def found(self, invariant: str, what: str, scenario: Scenario) -> None:
        """Something is violated, for the first time."""

    def made_small(self, done: int, of: int) -> None:
        """How many of the findings are made small, of how many."""


class _NoProgress:
    """The default: no progress is shown."""

    def simulated(self, done: int, of: int, found: int, met: int) -> None:
        """Nothing is shown."""

    def found(self, invariant: str, what: str, scenario: Scenario) -> None:
        """Nothing is shown."""

    def made_small(self, done: int, of: int) -> None:
        """Nothing is shown."""


NO_PROGRESS: Final = _NoProgress()


@dataclass(frozen=True)
class Campaign:
    """A finished search through ``what``: ``unmet`` are the properties that it should have met.

    ``notes`` say what else there is to say of it.
    """

    what: str
    base: Scenario
    worker: QueueWorker
    tally: Tally
    violations: Sequence[Damage]
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
    on_progress: OnProgress = NO_PROGRESS,
    worker: QueueWorker = OURS,
) -> Campaign:
    """Simulate a scenario for every seed, as ``base`` says of its conditions, migration and claims.

    ``worker`` is the folder of the Worker.
    Raises SearchError when a simulation fails by itself.
    """
    what = f"random schedules, seeds {seeds.start:,} to {seeds.stop - 1:,}"
    scenarios = [draw(seed, base) for seed in seeds]
    campaign = explored(what, base, scenarios, workforce, on_progress, worker)
    return replace(campaign, unmet=[name for name in due(base) if name not in campaign.tally.met])


def explore_faults(
    base: Scenario,
    kinds: Sequence[str],
    workforce: Workforce,
    on_progress: OnProgress = NO_PROGRESS,
    worker: QueueWorker = OURS,
    *,
    everyone: bool = False,
) -> Campaign:
    """Simulate ``base`` with each kind of fault wherever it can strike the operators, one at a time.

    That is at every KV operation, or at every request, as the kind is. With ``everyone`` also at those of
    daemons, producers and lookers. What is planned and does not happen is said, and makes nothing conclusive.
    Raises SearchError as `explore_schedules` does.
    """
    record = Queue(worker).simulate(base)
    calls = [call for call in record.calls if everyone or call.actor.startswith(OPERATOR)]
    planned = everywhere(kinds, calls, lambda call: call.step == "claim")
    scenarios = [replace(base, faults=(*base.faults, fault)) for fault in planned]
    whose = "everyone" if everyone else "the operators"
    operations = sum(call.operations for call in calls)
    counted = [kind for kind in kinds if kind in OPERATION]
    what = [f"{operations:,} operations of {whose} × {', '.join(counted)}"] if counted else []
    for kind in (kind for kind in kinds if kind not in OPERATION):
        what.append(f"{sum(fault.kind == kind for fault in planned):,} requests of {whose} × {kind}")
    search = f"{' and '.join(what)}, all there are"
    campaign = explored(search, base, scenarios, workforce, on_progress, worker)
    missed = [str(fault) for fault in planned if not campaign.tally.fired[str(fault)]]
    if not missed:
        return campaign
    note = f"Of {len(planned):,} faults {len(missed):,} did not happen, and stand for nothing: {some(missed)}"
    return replace(campaign, notes=(*campaign.notes, note))


def explored(
    what: str,
    base: Scenario,
    scenarios: Sequence[Scenario],
    workforce: Workforce,
    on_progress: OnProgress,
    worker: QueueWorker,
) -> Campaign:
    """Simulate all of ``scenarios``; tell what they showed."""
    start, queue = stopwatch(), Queue(worker)
    discoveries: dict[str, Discovery] = {}
    found: set[tuple[str, str]] = set()

    def told(tally: Tally, of: int) -> None:
        for hazard in tally.hazards:
            discoveries.setdefault(hazard, Discovery(stopwatch() - start))
        on_progress.simulated(tally.runs, of, len(tally.violations), len(tally.met))
        for key in sorted(tally.violations.keys() - found):
            found.add(key)
            on_progress.found(key[0], tally.violations[key].what, tally.violations[key].smallest)

    tally = searched(queue, scenarios, workforce, told)
    known = simplest(
        [Shown(queue, (name, ""), tally.hazards[name].smallest) for name in sorted(tally.hazards)]
    )
    violations = in_order(explained(queue, tally, workforce, on_progress.made_small))
    small: list[Shown] = list(workforce.do(shrunk, known))
    hazards = recognitions(small, tally, discoveries)
    as_found = sum(one.as_found for one in violations) + sum(one.as_found for one in small)
    note = (
        f"Of {len(violations) + len(small):,} findings and hazards {as_found:,} were not made small, but are "
        "shown in the scenario in which they were found: runs of this Worker take long"
    )
    notes = (note,) if as_found else ()
    return Campaign(what, base, worker, tally, violations, hazards, (), workforce.workers, notes)


def in_order(violations: Sequence[Damage]) -> list[Damage]:
    """By the numbers of the invariants, what was seen most often first."""
    return sorted(sorted(violations, key=lambda one: one.key), key=_order)


def _order(violation: Damage) -> tuple[int, int]:
    number = violation.invariant[1:]
    return (int(number) if number.isdecimal() else 99, -violation.runs)
