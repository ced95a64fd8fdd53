"""Rehearses the queue migration on a copy of a namespace: one run, a walk through the guide, judged."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from harness.migrations.queue.checkers import judge_walk
from harness.migrations.queue.explore.system import causes_among, worker_code
from harness.migrations.queue.hazards import diagnose
from harness.migrations.queue.judgement import extent_of
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.rehearsal.sampling import QueueSample
from harness.migrations.queue.simulation.expectation import MOST_ENTRIES
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Migration, Scenario, Strategy
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.simulation.world import OnProgress
from harness.migrations.queue.worker import OURS, QueueWorker
from harness.model.decision import Decision, Extent
from harness.model.log import chosen
from harness.model.verdict import Finding, Verdict
from harness.sources.source import Source
from harness.terminal.progress import Follow
from kvstore import Entry
from kvstore.clock import stopwatch
from kvstore.conditions import Conditions
from kvstore.faults import Fault


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk through the guide with the Worker of a folder, on ``entries``, from ``began`` on (ms)."""

    worker: QueueWorker
    entries: Mapping[str, Entry]
    began: int

    def take(
        self, scenario: Scenario, on_progress: OnProgress | None = None, follow: Follow | None = None
    ) -> Record:
        """Walk to the end; ``on_progress`` gets every answer, and ``follow`` how far it is.

        Raises Deadlock, and Unanswered.
        """
        record = simulate(
            scenario,
            worker_code(self.worker),
            self.entries,
            began=self.began,
            on_progress=on_progress,
            follow=follow,
        )
        if len(self.entries) > MOST_ENTRIES:
            gc.collect()  # what the simulation was made of, which would else stay while the record is judged
        return record


def walk_of(
    migration: Migration,
    strategy: Strategy = "steps",
    conditions: str = "local",
    runs: int = 1,
    **more: Any,
) -> Scenario:
    """A scenario of one walk: one operator, and the producer and the daemon that its strategy has beside it.

    ``more`` are other members of the scenario.
    """
    return Scenario(
        conditions=conditions,
        migration=migration,
        strategy=strategy,
        within=1,
        walk=1,
        runs=runs,
        **more,
    )


def place_of(record: Record, fault: Fault) -> Fault | None:
    """``fault``, counted through all runs, at its request; None when there are not so many operations."""
    at = fault.at
    for run in record.runs:
        if at <= run.operations:
            return Fault(fault.kind, at, run.name)
        at -= run.operations
    return None


def judged(record: Record, follow: Follow | None = None) -> list[Verdict]:
    """The verdict on everything that a walk is judged by, with the hazards that explain it."""
    verdicts = judge_walk(record, follow)
    if all(verdict.held for verdict in verdicts):
        return verdicts
    every = diagnose(record, follow)

    def explained(verdict: Verdict, finding: Finding) -> Finding:
        """A finding that names its hazards gets only those others that struck the same keys."""
        causes = causes_among(every, verdict.invariant, finding)
        if finding.hazards:
            keys = set(finding.keys)
            causes = tuple(one for one in causes if not keys.isdisjoint(one.keys))
        hazards = dict.fromkeys((*finding.hazards, *(one.hazard for one in causes)))
        return replace(finding, hazards=tuple(hazards))

    return [
        replace(verdict, findings=tuple(explained(verdict, one) for one in verdict.findings))
        for verdict in verdicts
    ]


@dataclass(frozen=True)
class Rehearsal:
    """A finished rehearsal with its judgement. ``command`` runs the same one again.

    ``missed`` is the planned fault that did not happen, because the runs had too few operations. ``sample``
    says of what the entries are a sample, None where they are all.
    """

    source: Source
    record: Record
    verdicts: Sequence[Verdict]
    seconds: float
    command: str
    missed: Fault | None = None
    sample: QueueSample | None = None

    @property
    def conditions(self) -> Conditions:
        return self.record.scenario.platform

    @property
    def violated(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.held]

    @cached_property
    def looked(self) -> Extent:
        """How much there was to judge, and whether the fault happened."""
        looked = walked_at(self.record)
        return looked if self.missed is None else replace(looked, planned=1)

    @property
    def decision(self) -> Decision:
        unmet = []
        if self.missed is not None:
            asked = sum(run.operations for run in self.record.runs)
            unmet.append(f"{self.missed} never happened: the migration asked for {asked:,} operations")
        if self.sample is not None:
            unmet += self.sample.unmet(self.record)
        return Decision([one.name for one in self.violated], self.looked, unmet)


def walked_at(record: Record) -> Extent:
    """How much there was to judge; moved is what the migration deleted from the old format."""
    moved = {
        event.key
        for event in chosen(record.writes, PENDING, OLD_TASK, OLD_LEASE, verb="delete")
        if record.made_by_migration(event)
    }
    return replace(extent_of(record), moved=len(moved))


def rehearse_queue(
    source: Source,
    scenario: Scenario,
    began: int,
    worker: QueueWorker = OURS,
    *,
    fault: Fault | None = None,
    command: str = "",
    sample: QueueSample | None = None,
    on_progress: OnProgress | None = None,
    follow: Follow | None = None,
) -> Rehearsal:
    """Walk the migration on a copy of the namespace, from ``began`` on (ms), judge what happened.

    ``scenario`` is one of `walk_of`. ``fault`` happens in its runs, counted from their first operation:
    a walk without it shows where. ``sample`` says of what the copy is one. ``on_progress`` gets every answer,
    and ``follow`` how far it is.
    Raises Deadlock, and Unanswered.
    """
    start = stopwatch()
    walk = Walk(worker, source.namespace.entries, began)
    placed = None if fault is None else place_of(walk.take(scenario), fault)
    scenario = scenario if placed is None else replace(scenario, faults=(placed,))
    record = walk.take(scenario, on_progress, follow)
    missed = fault if placed is None else None
    return Rehearsal(source, record, judged(record, follow), stopwatch() - start, command, missed, sample)
