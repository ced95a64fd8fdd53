"""Every order in which the KV operations of requests that are answered at once can follow one another.

Each order is a run from the beginning; of orders that differ only in operations that commute one is run, and
how many it stands for is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any, Final

from harness.engine.interleaving import Choose, Turn, letter, order_of
from harness.engine.loop import Deadlock
from harness.explore.depth_first import Visited, every_order
from harness.explore.search import explained
from harness.explore.tally import Tally
from harness.explore.workforce import Here
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.explore import campaign_report
from harness.migrations.queue.explore.campaign import Campaign, in_order
from harness.migrations.queue.explore.system import Queue, seen
from harness.migrations.queue.simulation.people.crowd import names_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS, QueueWorker
from kvstore.faults import FAULTS

MOST_REQUESTS: Final = 4

# Runs done, and kinds of violation found.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Orders:
    """A finished search: the runs of ``campaign`` stand for all ``orders`` that there are.

    ``redundant`` runs were given up on the way, as equivalent to one that was done. ``serially`` are the
    invariants that are violated even when one request waits for the other.
    """

    campaign: Campaign
    orders: int
    redundant: int
    serially: Sequence[str]

    def as_json(self, seconds: float) -> dict[str, Any]:
        """The whole search."""
        counts = {"orders": self.orders, "redundant": self.redundant, "serially": list(self.serially)}
        return campaign_report.as_json(self.campaign, seconds) | counts


def refusal(base: Scenario) -> str | None:
    """Why there is no search through every order of a scenario; None when there is one."""
    if not 2 <= len(base.at_once) <= MOST_REQUESTS:
        return f"--explore orders takes 2 to {MOST_REQUESTS} requests at_once, such as at_once=claim,claim"
    staleness = base.platform.staleness
    if staleness is not None and staleness.own_writes < 1000:
        return f"under {base.conditions} it is chance who sees their own writes: choose other conditions"
    timed = [fault for fault in base.faults if FAULTS[fault.kind].takes_time]
    if timed:
        return f"{timed[0]} takes time, in which the others would not wait: leave it out"
    return None


def explore_orders(
    base: Scenario, on_progress: OnProgress = lambda done, found: None, worker: QueueWorker = OURS
) -> Orders:
    """Simulate ``base`` in every order. Raises ValueError for what `refusal` refuses, and SearchError."""
    if reason := refusal(base):
        raise ValueError(reason)
    queue, tally = Queue(worker), Tally()
    run = partial(_run, queue)

    def visit(choose: Choose) -> None:
        turns: list[Turn] = []

        def noted(waiting: Mapping[str, Turn]) -> str:
            who = choose(waiting)
            turns.append(waiting[who])
            return who

        outcome = run(base, noted)
        _add(tally, replace(base, order=order_of(turns)), outcome)
        on_progress(tally.runs, len(tally.violations))

    visited = every_order(visit)
    violations = in_order(explained(queue, tally, Here()))
    serially = _serially(base, run)
    notes = _notes(base, visited, serially)
    what = f"every order of the KV operations of {' and '.join(base.at_once)} at once"
    campaign = Campaign(what, base, worker, tally, violations, [], [], 1, notes)
    return Orders(campaign, visited.orders, visited.redundant, serially)


def _run(queue: Queue, base: Scenario, choose: Choose) -> Record | Deadlock:
    try:
        return queue.simulate(base, choose)
    except Deadlock as deadlock:
        return deadlock


def _add(tally: Tally, scenario: Scenario, outcome: Record | Deadlock) -> None:
    if isinstance(outcome, Deadlock):
        tally.add_deadlock(scenario, outcome)
    else:
        tally.add(scenario, seen(outcome, judge(outcome)))


def _serially(base: Scenario, run: Callable[[Scenario, Choose], Record | Deadlock]) -> list[str]:
    """The invariants that are violated when one request is answered after the other, in whatever order."""
    found: set[str] = set()
    for order in permutations(map(letter, range(len(base.at_once)))):
        outcome = run(base, lambda waiting, order=order: min(waiting, key=order.index))  # type: ignore[misc]
        if not isinstance(outcome, Deadlock):
            found |= {one.invariant for one in judge(outcome) if not one.held}
    return sorted(found)


def _notes(base: Scenario, visited: Visited, serially: Sequence[str]) -> list[str]:
    names = zip(names_of(base.at_once), base.at_once, strict=True)
    who = ", ".join(f"{letter(place)} is {name} ({kind})" for place, (name, kind) in enumerate(names))
    notes = [
        f"Orders: {visited.orders:,}, all there are; {visited.runs:,} were run, one of each that are "
        f"equivalent, and {visited.redundant:,} given up on the way as equivalent to these",
        f"Who is who: {who}",
    ]
    if serially:
        notes.append(f"Violated even when each request waits for the one before: {', '.join(serially)}")
    return notes
