"""Walks for tests: through the guide, on a namespace in the old format of any size, or of theirs."""

import json
from collections.abc import Mapping
from typing import Any

from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.rehearsal.rehearsal import Rehearsal, Walk, rehearse_queue, walk_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Migration, Strategy
from harness.migrations.queue.worker import OURS
from harness.sources.source import Source
from kvstore import Entry, NamespaceCopy, SystemClock
from kvstore.clock import iso

NOW_MS = 1_800_000_000_000


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


def old_queue(tasks: int, leases: int = 0, now_ms: int = NOW_MS) -> Source:
    """``tasks`` pending tasks, the first ``leases`` of them held, for ten hours from ``now_ms``."""
    later = now_ms // 1000 + 36_000
    ids = [f"slack_{number:05}.1" for number in range(tasks)]
    entries = {PENDING: Entry(json.dumps(ids, separators=(",", ":")).encode(), later)}
    for task in ids:
        entries[OLD_TASK + task] = Entry(json.dumps({"id": task}, separators=(",", ":")).encode(), later)
    for task in ids[:leases]:
        body = {"workerId": "w", "claimedAt": iso(now_ms), "expiresAt": iso(later * 1000)}
        entries[OLD_LEASE + task] = Entry(json.dumps(body).encode(), later)
    return Source(f"{tasks} tasks, {leases} leases", NamespaceCopy(dict(sorted(entries.items()))))
