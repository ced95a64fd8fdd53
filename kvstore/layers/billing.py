"""What operations count as, as Cloudflare's plans bill them and limit them by the day."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from typing import Final

from kvstore.figures import FIGURES, whole
from kvstore.layers.journal import Event
from kvstore.layers.quotas import FREE_PLAN

# What a verb of the binding is billed as.
BILLED: Final = {"get": "reads", "get_many": "reads", "put": "writes", "delete": "deletes", "scan": "lists"}
# How many a day of the free plan has; None for no limit.
FREE_DAY: Final = {
    "reads": FREE_PLAN.reads_per_day,
    "writes": FREE_PLAN.writes_per_day,
    "deletes": FREE_PLAN.deletes_per_day,
    "lists": FREE_PLAN.lists_per_day,
}


# The same of what D1 is billed by: rows.
FREE_ROWS: Final = {name: whole(f"d1.{name}_per_day") for name in ("rows_read", "rows_written")}
_PRICED: Final = (*FREE_DAY, *FREE_ROWS)


def billed(events: Iterable[Event]) -> dict[str, int]:
    """How many operations of each kind of `FREE_DAY` the events are; a bulk read is one for every key."""
    counts = Counter(dict.fromkeys(FREE_DAY, 0))
    for event in events:
        counts[BILLED[event.verb]] += len(event.keys)
    return dict(counts)


def price(counts: Mapping[str, int]) -> float:
    """What operations of the kinds of `FREE_DAY`, and rows, cost on the paid plan, in dollars, with nothing
    included.
    """
    return sum(float(FIGURES[f"price.{name}"].value) * counts.get(name, 0) for name in _PRICED) / 1_000_000


def is_included(counts: Mapping[str, int]) -> bool:
    """Whether the paid plan's month, if nothing else uses it, has them."""
    return all(counts.get(name, 0) <= whole(f"included.{name}") for name in _PRICED)


def price_as_text(counts: Mapping[str, int]) -> str:
    """The price in words, in full cents: what is to be paid is that at most."""
    included = ", which a month of the paid plan includes" if is_included(counts) else ""
    return f"at most ${ceil(round(price(counts) * 100, 6)) / 100:,.2f}{included}"


def rest_seconds(requests: int) -> int:
    """How long so many requests to the REST API take at the published pace, from a window's start."""
    windows = max(0, ceil(requests / whole("rest.requests")) - 1)
    return windows * whole("rest.window")
