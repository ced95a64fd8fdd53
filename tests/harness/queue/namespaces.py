"""Old-format namespaces of any size, without any trouble in them."""

import json

from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.sources.source import Source
from kvstore import Entry, NamespaceCopy
from kvstore.clock import iso

NOW_MS = 1_800_000_000_000


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
