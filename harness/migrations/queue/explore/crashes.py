"""Stops, or disturbs, a migration at every single KV operation, and judges what is left when it is over.

For each operation and each kind of fault: the run meets the fault there, the operator runs the migration
again until it reports success (the documented one three times at most), the new Worker is deployed and lists
its queue. What is violated then, and is not violated without any fault, is the fault's doing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from harness.decision import Looked
from harness.engine.loop import Deadlock, in_virtual_time
from harness.explore.wording import wording
from harness.explore.workforce import Processes, Workforce
from harness.migrations.queue.walk.invariants import judge
from harness.migrations.queue.walk.outcome import Outcome
from harness.migrations.queue.walk.stage import QUEUE_WORKER, Stage
from harness.migrations.queue.walk.steps import Migration, Walk
from harness.sources.source import Source
from harness.verdict import Finding, Verdict
from kvstore import Entry, Event, ManualClock, SqliteStore
from kvstore.faults import AT_ONCE, OPERATION, Fault

OPERATOR_RUNS: Final = 3

OnProgress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Violation:
    """One way in which faults violate an invariant.

    ``what``, ``keys`` and ``operation`` (in words) are those of the first fault that shows it; ``points`` has
    all, by kind.
    """

    invariant: str
    title: str
    what: str
    keys: tuple[str, ...]
    hazards: tuple[str, ...]
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
    looked: Looked


@dataclass(frozen=True)
class _Found:
    """What is violated by one fault, and what was looked at; sent between processes."""

    fault: Fault
    verdicts: tuple[Verdict, ...]
    looked: Looked


Entries = Mapping[str, Entry]


async def explore_crashes(
    source: Source,
    now: int,
    kinds: Sequence[str] = AT_ONCE,
    workforce: Workforce | None = None,
    *,
    migration: Migration = "documented",
    worker: Path = QUEUE_WORKER,
    on_progress: OnProgress = lambda done, of, found: None,
) -> Exploration:
    """Visit every operation of the run with every kind of fault.

    ``now`` is when it all happens, in milliseconds since the UNIX epoch: time is simulated. ``workforce``
    shares the work, all cores by default. ``on_progress`` hears how many points are done, of how many, and
    how many showed a violation.
    """
    entries = source.namespace.entries
    plain = await uninterrupted(entries, now, migration, worker)
    # A Worker keeps nothing in memory, so crashes with the same writes behind them are one and the same.
    same = plain.crash_points()
    every = range(1, len(plain.asked) + 1)
    faults = [Fault(kind, at) for kind in kinds for at in (same if kind == "crash" else every)]
    known = Known(plain.verdicts)
    found: list[_Found] = []
    visited, looked = 0, plain.looked
    crew = workforce or Processes()
    for batch in crew.do(_Visits(entries, now, plain).visit, _batches(faults, crew.workers)):
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


async def uninterrupted(
    entries: Entries, now: int, migration: Migration, worker: Path = QUEUE_WORKER
) -> "Uninterrupted":
    """A migration that nothing disturbs, from its first run to its last."""
    stage = await _stage(entries, now, worker)
    outcome = await Walk(stage, migration=migration, runs=OPERATOR_RUNS).take()
    first = sum(one.operations for one in outcome.calls[: outcome.calls.index(outcome.runs[0].report)])
    count = sum(run.report.operations for run in outcome.runs)
    asked = stage.layers.asked[first : first + count]
    return Uninterrupted(migration, worker, tuple(asked), tuple(_judged(outcome)), outcome.looked)


@dataclass(frozen=True)
class Uninterrupted:
    """A migration without any fault: what it asked of KV, in order, and what is violated all the same."""

    migration: Migration
    worker: Path
    asked: tuple[Event, ...]
    verdicts: tuple[Verdict, ...]
    looked: Looked

    def writes_before(self, at: int) -> tuple[Event, ...]:
        """What was written before the ``at``-th operation: all that a crash there leaves behind."""
        return tuple(event for event in self.asked[: at - 1] if event.verb in ("put", "delete"))

    def crash_points(self) -> dict[int, list[int]]:
        """The operations before which a crash leaves the same state, by the first of them."""
        groups: dict[int, list[int]] = {}
        at_count: dict[int, int] = {}
        for at in range(1, len(self.asked) + 1):
            first = at_count.setdefault(len(self.writes_before(at)), at)
            groups.setdefault(first, []).append(at)
        return groups


async def _stage(entries: Entries, now: int, worker: Path) -> Stage:
    store = SqliteStore.in_memory(ManualClock(now))
    await store.put_many(entries)
    return Stage(store, worker=worker)


def _judged(outcome: Outcome, fault: Fault | None = None) -> list[Verdict]:
    """The verdicts; after a crash the report, which nobody received, is not judged."""
    unjudged = "I16" if fault is not None and fault.kind == "crash" else ""
    return [verdict for verdict in judge(outcome) if verdict.invariant != unjudged]


def _batches(faults: list[Fault], workers: int) -> list[list[Fault]]:
    size = max(1, min(25, len(faults) // (4 * workers)))
    return [faults[at : at + size] for at in range(0, len(faults), size)]


@dataclass(frozen=True)
class _Visits:
    """What one process does, and keeps between batches: the namespace, and the Worker's code."""

    entries: Entries
    now: int
    plain: Uninterrupted

    @cached_property
    def _origin(self) -> Stage:
        return in_virtual_time(_stage(self.entries, self.now, self.plain.worker))

    def visit(self, faults: list[Fault]) -> list[_Found]:
        """What is violated when each of the faults befalls the migration."""
        return [self._tried(fault) for fault in faults]

    def _tried(self, fault: Fault) -> _Found:
        try:
            return in_virtual_time(self._with(self._origin, fault))
        except Deadlock as deadlock:
            hangs = Verdict("W", "Walk: the Worker answers", (Finding(str(deadlock)),), 1, "faults")
            return _Found(fault, (hangs,), Looked(planned=1, fired=1))

    async def _with(self, origin: Stage, fault: Fault) -> _Found:
        """What is violated by the migration that meets a fault."""
        clock = origin.store.clock
        assert isinstance(clock, ManualClock)
        clock.set(self.now)
        stage = Stage(origin.store.fork(), code=origin.code)
        crash = fault.kind == "crash"
        walk = Walk(
            stage,
            migration=self.plain.migration,
            fault=None if crash else fault,
            cut_off_after=self.plain.writes_before(fault.at) if crash else None,
            runs=OPERATOR_RUNS,
        )
        outcome = await walk.take()
        await stage.store.close()
        violated = tuple(verdict for verdict in _judged(outcome, fault) if not verdict.held)
        looked = outcome.looked
        return _Found(fault, violated, replace(looked, planned=1, fired=int(crash or looked.fired)))


class Known:
    """What is violated without any fault: a finding that says no more than that is no news."""

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
                    points = group.points.setdefault(one.fault.kind, [])
                    if points[-1:] != [one.fault.at]:
                        points.append(one.fault.at)
    order = {invariant: place for place, invariant in enumerate(v.invariant for v in plain.verdicts)}
    return sorted(groups.values(), key=lambda one: order[one.invariant])


def _violation(fault: Fault, verdict: Verdict, finding: Finding, asked: Sequence[Event]) -> Violation:
    event = asked[fault.at - 1]
    operation = f"{event.verb} {event.key}"
    return Violation(
        verdict.invariant, verdict.title, finding.what, finding.keys, finding.hazards, operation, fault
    )
