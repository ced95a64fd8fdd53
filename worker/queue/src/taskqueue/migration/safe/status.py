"""GET /api/migrate/status with MIGRATION=safe: everything counted, as far as the budget reaches."""

from dataclasses import dataclass
from typing import Any

from taskqueue import keys, listing
from taskqueue.environment import KV
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.requests.reply import Reply, json_reply
from taskqueue.settings import Limits

_COUNTED = (keys.OLD.tasks, keys.OLD.leases, keys.NEW.tasks, keys.NEW.leases, keys.QUARANTINE)


@dataclass(slots=True)
class Count:
    """Keys under one prefix; without ``complete`` there may be more."""

    keys: int = 0
    complete: bool = False


async def status(kv: KV, limits: Limits) -> Reply:
    """The guide's answer with true counters, ``complete`` (else they are lower bounds) and ``quarantined``.

    A step of the migration is needed as long as there is any old key, or the pending list.
    """
    meter = Meter(kv, limits.budget)
    pending = await meter.get(keys.PENDING) is not None
    counts = {}
    for place, prefix in enumerate(_COUNTED):
        # An equal share for each prefix, so that none is left without a look.
        meter.reserve = 0
        meter.reserve = meter.left - meter.left // (len(_COUNTED) - place)
        counts[prefix] = await _count(meter, prefix)
    needed = pending or any(counts[prefix].keys for prefix in (keys.OLD.tasks, keys.OLD.leases))
    return json_reply(
        {
            "success": True,
            "status": _counters(counts, needed),
            "needsMigration": needed,
            "recommendation": "Run migration to move to new format" if needed else "Already using new format",
            "complete": all(count.complete for count in counts.values()),
            "quarantined": counts[keys.QUARANTINE].keys,
            "pendingListExists": pending,
        }
    )


def _counters(counts: dict[str, Count], old_exists: bool) -> dict[str, Any]:
    return {
        "oldFormatExists": old_exists,
        "newFormatExists": counts[keys.NEW.tasks].keys > 0,
        "oldTaskCount": counts[keys.OLD.tasks].keys,
        "newTaskCount": counts[keys.NEW.tasks].keys,
        "oldLeaseCount": counts[keys.OLD.leases].keys,
        "newLeaseCount": counts[keys.NEW.leases].keys,
    }


async def _count(meter: Meter, prefix: str) -> Count:
    count = Count()
    try:
        async for page in listing.pages(meter, prefix):
            count.keys += len(page)
    except BudgetSpent:
        return count
    count.complete = True
    return count
