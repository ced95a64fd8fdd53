"""What operations count as, as Cloudflare's plans bill them and limit them by the day."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from typing import Final

from kvstore.clock import duration
from kvstore.figures import FIGURES, whole
from kvstore.layers.journal import Event
from kvstore.layers.quotas import FREE_PLAN
from kvstore.limits import LIMITS
from kvstore.store import Verb

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
_FREE: Final = {**FREE_DAY, **FREE_ROWS}
_PRICED: Final = (*_FREE,)


def billed(events: Iterable[Event]) -> dict[str, int]:
    """How many operations of each kind of `FREE_DAY` the events are; a bulk read is one for every key."""
    return billed_keys(keys_by_verb(events))


def keys_by_verb(events: Iterable[Event]) -> Counter[Verb]:
    """How many keys each verb asked for."""
    counts = Counter[Verb]()
    for event in events:
        counts[event.verb] += len(event.keys)
    return counts


def billed_keys(asked: Mapping[Verb, int]) -> dict[str, int]:
    """What `billed` says, of the keys that each verb asked for."""
    counts = Counter(dict.fromkeys(FREE_DAY, 0))
    for verb, keys in asked.items():
        counts[BILLED[verb]] += keys
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


def free_days(counts: Mapping[str, int]) -> dict[str, int]:
    """For how many days operations and rows take the free plan's quota, each kind apart, as it is counted."""
    return {name: ceil(counts.get(name, 0) / limit) for name, limit in _FREE.items() if limit}


def days_as_text(counts: Mapping[str, int]) -> str:
    """The days in words, and which kind takes most of them."""
    name, days = max(free_days(counts).items(), key=lambda one: one[1])
    if days <= 1:
        return "within a day of the free plan"
    said = f"{_FREE[name]:,} {name.replace('_', ' ')}"
    return f"{days:,} days of the free plan, whose day does not suffice ({said}); paid, one"


def reading_requests(entries: int) -> int:
    """How many requests to the REST API read so many entries: listings, and values in bulk."""
    return ceil(entries / LIMITS.list_keys) + ceil(entries / LIMITS.bulk_get_keys)


def reading_as_text(entries: int) -> str:
    """What it takes to read so many entries through the REST API."""
    requests = reading_requests(entries)
    seconds = rest_seconds(requests)
    return (
        f"read by {requests:,} requests of the REST API, "
        f"{duration(seconds) if seconds else 'within its pace'}"
    )


def rest_seconds(requests: int) -> int:
    """How long so many requests to the REST API take at the published pace, from a window's start."""
    windows = max(0, ceil(requests / whole("rest.requests")) - 1)
    return windows * whole("rest.window")
