"""Old-format namespaces of any size, without any trouble in them."""

import json

from harness.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.source import Source
from kvstore import Entry, NamespaceCopy
from kvstore.clock import iso

NOW_MS = 1_800_000_000_000
LATER = NOW_MS // 1000 + 36_000


def old_queue(tasks: int, leases: int = 0) -> Source:
    """``tasks`` pending tasks, the first ``leases`` of them held."""
    ids = [f"slack_{number:05}.1" for number in range(tasks)]
    entries = {PENDING: Entry(json.dumps(ids, separators=(",", ":")).encode(), LATER)}
    for task in ids:
        entries[OLD_TASK + task] = Entry(json.dumps({"id": task}, separators=(",", ":")).encode(), LATER)
    for task in ids[:leases]:
        body = {"workerId": "w", "claimedAt": iso(NOW_MS), "expiresAt": iso(LATER * 1000)}
        entries[OLD_LEASE + task] = Entry(json.dumps(body).encode(), LATER)
    return Source(f"{tasks} tasks, {leases} leases", NamespaceCopy(dict(sorted(entries.items()))))
