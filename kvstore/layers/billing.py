"""What operations count as, as Cloudflare's plans bill them and limit them by the day."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from kvstore.layers.journal import Event
from kvstore.layers.quotas import FREE_PLAN

_BILLED: Final = {"get": "reads", "get_many": "reads", "put": "writes", "delete": "deletes", "scan": "lists"}
# How many a day of the free plan has; None for no limit.
FREE_DAY: Final = {
    "reads": FREE_PLAN.reads_per_day,
    "writes": FREE_PLAN.writes_per_day,
    "deletes": FREE_PLAN.deletes_per_day,
    "lists": FREE_PLAN.lists_per_day,
}


def billed(events: Iterable[Event]) -> dict[str, int]:
    """How many operations of each kind of `FREE_DAY` the events are; a bulk read is one for every key."""
    counts = Counter(dict.fromkeys(FREE_DAY, 0))
    for event in events:
        counts[_BILLED[event.verb]] += len(event.keys)
    return dict(counts)
