"""Stops, or disturbs, a migration at every single KV operation, and judges what is left when it is over.

For each operation and each kind of fault: the run meets the fault there, the operator runs the migration
again until it reports success (the documented one three times at most), the new Worker is deployed and lists
its queue. What is violated then, and is not violated without any fault, is the fault's doing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from harness.engine.loop import Deadlock
from harness.explore.tally import wording
from harness.explore.workforce import Processes, Workforce
from harness.migrations.queue.rehearsal.rehearsal import Walk, judged, walk_of, walked_at
from harness.migrations.queue.simulation.scenario import Migration, Scenario
from harness.migrations.queue.worker import OURS, QueueWorker
from harness.model.decision import Extent
from harness.model.verdict import Finding, Verdict
from harness.sources.source import Source
from kvstore import Event
from kvstore.faults import AT_ONCE, OPERATION, Fault

OPERATOR_RUNS: Final = 3

OnProgress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Violation:
    """One way in which faults violate an invariant.

    ``what``, ``keys`` and ``operation`` (in words) are those of the first fault that shows it; ``points`` and
    ``hazards`` have those of all, the points by kind.
    """

    invariant: str
    title: str
    what: str
    keys: tuple[str, ...]
    hazards: dict[str, None]
    operation: str
    first: Fault
    points: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Exploration:
    """A finished search: ``visited`` points of ``operations`` operations, and what was found.

    ``looked`` adds up the undisturbed migration and those with a fault.
    """

    operations: int
    visited: int
    violations: list[Violation]
    baseline: list[str]
    looked: Extent


@dataclass(frozen=True)
class _Found:
    """What is violated by one fault, and what was looked at; sent between processes."""

    fault: Fault
    verdicts: tuple[Verdict, ...]
    looked: Extent


def explore_crashes(
    source: Source,
    now: int,
    kinds: Sequence[str] = AT_ONCE,
    workforce: Workforce | None = None,
    *,
    migration: Migration = "documented",
    worker: QueueWorker = OURS,
    on_progress: OnProgress = lambda done, of, found: None,
) -> Exploration:
    """Visit every operation of the run with every kind of fault.

    ``now`` is when it all happens, in milliseconds since the UNIX epoch: time is simulated. ``workforce``
    shares the work, all cores by default. ``on_progress`` hears how many points are done, of how many, and
    how many showed a violation.
    """
    plain = uninterrupted(Walk(worker, source.namespace.entries, now), migration)
    # A Worker keeps nothing in memory, so crashes with the same writes behind them are one and the same.
    same = plain.crash_points()
    every = range(1, len(plain.asked) + 1)
    faults = [Fault(kind, at) for kind in kinds for at in (same if kind == "crash" else every)]
    known = Known(plain.verdicts)
    found: list[_Found] = []
    visited, looked = 0, plain.looked
    crew = workforce or Processes()
    for batch in crew.do(_Visits(plain).visit, _batches(faults, crew.workers)):
        for one in batch:
            if not one.looked.fired:
                continue
            points = same[one.fault.at] if one.fault.kind == "crash" else [one.fault.at]
            visited += len(points)
            looked += one.looked
            found += [
                replace(one, fault=Fault(one.fault.kind, at)) for at in points if known.leaves(one.verdicts)
            ]
        on_progress(visited, len(plain.asked) * len(kinds), len(found))
    violated = [verdict.invariant for verdict in plain.verdicts if not verdict.held]
    return Exploration(len(plain.asked), visited, _grouped(found, known, plain), violated, looked)


def uninterrupted(walk: Walk, migration: Migration) -> "Uninterrupted":
    """A migration that nothing disturbs, from its first run to its last."""
    scenario = walk_of(migration, runs=OPERATOR_RUNS)
    record = walk.take(scenario)
    asked = [
        Point(event, Fault("", at, run.name))
        for run in record.runs
        for at, event in enumerate(record.operations[run.name], 1)
    ]
    return Uninterrupted(walk, scenario, tuple(asked), tuple(map(told, judged(record))), walked_at(record))


@dataclass(frozen=True)
class Point:
    """An operation, and the place of a fault that strikes there."""

    event: Event
    place: Fault


@dataclass(frozen=True)
class Uninterrupted:
    """A migration without any fault: what it asked of KV, in order, and what is violated all the same."""

    walk: Walk
    scenario: Scenario
    asked: tuple[Point, ...]
    verdicts: tuple[Verdict, ...]
    looked: Extent

    def crash_points(self) -> dict[int, list[int]]:
        """The operations before which a crash leaves the same state, by the first of them."""
        groups: dict[int, list[int]] = {}
        first = 1
        for at, point in enumerate(self.asked, 1):
            groups.setdefault(first, []).append(at)
            if point.event.verb in ("put", "delete"):
                first = at + 1
        return groups

    def struck(self, fault: Fault) -> Scenario:
        """The same, but for a fault at one of the operations."""
        place = self.asked[fault.at - 1].place
        return replace(self.scenario, faults=(replace(place, kind=fault.kind),))


def _batches(faults: list[Fault], workers: int) -> list[list[Fault]]:
    size = max(1, min(25, len(faults) // (4 * workers)))
    return [faults[at : at + size] for at in range(0, len(faults), size)]


@dataclass(frozen=True)
class _Visits:
    """The work of one process: the migration again, with a fault in each."""

    plain: Uninterrupted

    def visit(self, faults: list[Fault]) -> list[_Found]:
        """What is violated when each of the faults befalls the migration."""
        return [self._tried(fault) for fault in faults]

    def _tried(self, fault: Fault) -> _Found:
        try:
            record = self.plain.walk.take(self.plain.struck(fault))
        except Deadlock as deadlock:
            hangs = Verdict("W", "Walk: the Worker answers", (Finding(str(deadlock)),), 1, "faults")
            return _Found(fault, (hangs,), Extent(planned=1, fired=1))
        # After a crash the report, which nobody received, is not judged.
        unjudged = "I16" if fault.kind == "crash" else ""
        violated = tuple(told(one) for one in judged(record) if not one.held and one.invariant != unjudged)
        return _Found(fault, violated, walked_at(record))


def told(verdict: Verdict) -> Verdict:
    """A verdict without what only its record can show: it is sent to another process."""
    return replace(verdict, findings=tuple(replace(one, show=tuple) for one in verdict.findings))


class Known:
    """What is violated without any fault: a finding that says no more than that is not new."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        self._keys: dict[tuple[str, str], set[str]] = {}
        for verdict in verdicts:
            for finding in verdict.findings:
                self._keys.setdefault((verdict.invariant, wording(finding.what)), set()).update(finding.keys)

    def has(self, invariant: str, finding: Finding) -> bool:
        keys = self._keys.get((invariant, wording(finding.what)))
        return keys is not None and keys.issuperset(finding.keys)

    def leaves(self, verdicts: Sequence[Verdict]) -> bool:
        """Whether anything in ``verdicts`` is news."""
        return any(not self.has(one.invariant, finding) for one in verdicts for finding in one.findings)


def _grouped(found: list[_Found], known: Known, plain: Uninterrupted) -> list[Violation]:
    groups: dict[tuple[str, str], Violation] = {}
    for one in sorted(found, key=lambda one: (OPERATION.index(one.fault.kind), one.fault.at)):
        for verdict in one.verdicts:
            for finding in verdict.findings:
                if not known.has(verdict.invariant, finding):
                    key = (verdict.invariant, wording(finding.what))
                    group = groups.setdefault(key, _violation(one.fault, verdict, finding, plain.asked))
                    group.hazards.update(dict.fromkeys(finding.hazards))
                    points = group.points.setdefault(one.fault.kind, [])
                    if points[-1:] != [one.fault.at]:
                        points.append(one.fault.at)
    order = {invariant: place for place, invariant in enumerate(v.invariant for v in plain.verdicts)}
    return sorted(groups.values(), key=lambda one: order[one.invariant])


def _violation(fault: Fault, verdict: Verdict, finding: Finding, asked: Sequence[Point]) -> Violation:
    event = asked[fault.at - 1].event
    operation = f"{event.verb} {event.key}"
    return Violation(verdict.invariant, verdict.title, finding.what, finding.keys, {}, operation, fault)
