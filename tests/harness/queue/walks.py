"""Walks for tests: through the guide, on a namespace of theirs."""

from collections.abc import Mapping
from typing import Any

from harness.migrations.queue.rehearsal.rehearsal import Rehearsal, Walk, rehearse_queue, walk_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Migration, Strategy
from harness.migrations.queue.worker import OURS
from harness.sources.source import Source
from kvstore import Entry, SystemClock
from tests.harness.queue.namespaces import NOW_MS, old_queue


def walked(
    tasks: int,
    leases: int = 0,
    migration: Migration = "documented",
    strategy: Strategy = "steps",
    conditions: str = "local",
    entries: Mapping[str, Entry] | None = None,
    **more: Any,
) -> Record:
    """A walk on a queue without any trouble in it, or on ``entries``."""
    given = old_queue(tasks, leases).namespace.entries if entries is None else entries
    walk = Walk(OURS, given, NOW_MS)
    return walk.take(walk_of(migration, strategy, conditions, **more))


def rehearsed(source: Source, migration: Migration = "documented", strategy: Strategy = "steps") -> Rehearsal:
    """A rehearsal under local conditions that begins now."""
    return rehearse_queue(source, walk_of(migration, strategy), SystemClock().now_ms())
