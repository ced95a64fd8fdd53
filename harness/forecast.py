"""What the migration will take of the whole namespace: the operator's requests, KV operations, days."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from harness.model.record import Record
from kvstore import LIMITS
from kvstore.clock import duration
from kvstore.layers.billing import FREE_DAY, billed, is_included, price, rest_seconds


@dataclass(frozen=True, slots=True)
class Bill:
    """What a walk through ``entries`` took: the operator's ``requests``, and ``counts`` as plans bill them.

    ``done`` says whether the operator came to the end of the runbook.
    """

    entries: int
    requests: int
    counts: dict[str, int]
    done: bool


def bill_of(record: Record, _: Sequence[str] = ()) -> Bill:
    """What the operator's requests took."""
    calls = [call for call in record.calls if call.role == "operator"]
    names = {call.name for call in calls}
    counts = billed(event for event in record.asked if event.invocation in names)
    moving = sum(record.migration.rule_for(*place) is not None for place in record.start)
    return Bill(moving, len(calls), counts, not record.failures)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What all ``entries`` will take, from the ``bill`` of a walk through many."""

    entries: int
    bill: Bill

    @property
    def counts(self) -> dict[str, int]:
        """Requests of the operator, and operations as plans bill them."""
        many = {"requests": self.bill.requests, **self.bill.counts}
        return {name: ceil(count * self.entries / self.bill.entries) for name, count in many.items()}

    @property
    def free_days(self) -> dict[str, int]:
        """For how many days it takes the free plan's quota, by what is billed."""
        counts = self.counts
        return {name: ceil(counts[name] / limit) for name, limit in FREE_DAY.items() if limit}

    @property
    def rest_requests(self) -> int:
        """How many requests to the REST API read all entries: listings, and values in bulk."""
        return ceil(self.entries / LIMITS.list_keys) + ceil(self.entries / LIMITS.bulk_get_keys)

    def as_json(self) -> dict[str, Any]:
        each = {name: round(self.bill.counts[name] / self.bill.entries, 3) for name in FREE_DAY}
        days = {"free": max(self.free_days.values()), "paid": 1}
        return {
            "entries": self.entries,
            **self.counts,
            "perEntry": each,
            "days": days,
            "price": {"dollars": round(price(self.counts), 6), "included": is_included(self.counts)},
            "rest": {"requests": self.rest_requests, "seconds": rest_seconds(self.rest_requests)},
        }

    def as_text(self) -> str:
        """One line."""
        counts = self.counts
        asked = ", ".join(f"{counts[name]:,} {name}" for name in FREE_DAY if counts[name])
        requests = f"{counts['requests']:,} request{'s' if counts['requests'] != 1 else ''}"
        return f"{self.entries:,} entries take {requests} of the operator, {asked}: {self._days()}"

    def price_as_text(self) -> str:
        """What it costs, and how long it takes to copy the entries first; one line."""
        included = ", which a month of the paid plan includes" if is_included(self.counts) else ""
        seconds = rest_seconds(self.rest_requests)
        return (
            f"at most ${price(self.counts):,.2f}{included}; to read the entries through the REST API takes "
            f"{self.rest_requests:,} requests, {duration(seconds) if seconds else 'within its pace'}"
        )

    def _days(self) -> str:
        name, days = max(self.free_days.items(), key=lambda one: one[1])
        if days <= 1:
            return "within a day of the free plan"
        limit = FREE_DAY[name]
        return f"{days:,} days of the free plan, whose day does not suffice ({limit:,} {name}); paid, one"


def forecast(entries: int, bills: Sequence[Bill]) -> Forecast | None:
    """For so many entries, from the bills of walks; None when none of these did anything to its end."""
    done = [bill for bill in bills if bill.done and bill.entries and any(bill.counts.values())]
    return Forecast(entries, max(done, key=lambda bill: bill.entries)) if done and entries else None
