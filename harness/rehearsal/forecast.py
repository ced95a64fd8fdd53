"""What the migration will take of everything there is: the operator's requests, operations, rows, days."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from harness.model.course import Course, moved_keys, steps_of
from harness.model.record import Call, Record
from kvstore import LIMITS
from kvstore.clock import duration
from kvstore.figures import whole
from kvstore.layers.billing import (
    FREE_DAY,
    FREE_ROWS,
    billed,
    is_included,
    price,
    price_as_text,
    rest_seconds,
)

_QUERIES: Final = "queries"
_FREE: Final = {**FREE_DAY, **FREE_ROWS}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a walk through ``entries`` took: the operator's ``requests``, and ``counts`` as plans bill them.

    Counted are operations of KV, and queries and rows of D1. ``done`` says whether the operator came to the
    end of the runbook, ``most_queries`` is the most that one request asked of D1, and ``course`` is what was
    done, in its order.
    """

    entries: int
    requests: int
    counts: dict[str, int]
    done: bool
    most_queries: int = 0
    course: Course | None = None


def bill_of(record: Record, _: Sequence[str] = ()) -> Bill:
    """What the operator's requests took."""
    calls = [call for call in record.calls if call.role == "operator"]
    names = {call.name for call in calls}
    counts = billed(event for event in record.asked if event.invocation in names)
    queried = [event for event in record.queried if event.invocation in names]
    counts[_QUERIES] = len(queried)
    for rows in FREE_ROWS:
        counts[rows] = sum(getattr(event, rows) for event in queried)
    moving = sum(record.migration.rule_for(*place) is not None for place in record.start)
    most = max(Counter(event.invocation for event in queried).values(), default=0)
    return Bill(moving, len(calls), counts, not record.failures, most, _course(record, calls))


def _course(record: Record, calls: Sequence[Call]) -> Course:
    several = len({name for name, _ in {**record.start, **record.final}}) > 1
    start, final = (
        {f"{name} {key}" if several else key: entry for (name, key), entry in state.items()}
        for state in (record.start, record.final)
    )
    budget = record.scenario.platform.allowance.operations
    shapes = moved_keys(start, final, record.ended)
    return Course(steps_of(calls, record.began), budget=budget, moved=shapes)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What all ``entries`` will take, by the ``bill`` of a walk through many; ``in_kv`` are no rows."""

    entries: int
    bill: Bill
    in_kv: int

    @property
    def counts(self) -> dict[str, int]:
        """Requests of the operator, and operations and rows as plans bill them."""
        many = {"requests": self.bill.requests, **self.bill.counts}
        return {name: ceil(count * self.entries / self.bill.entries) for name, count in many.items()}

    @property
    def free_days(self) -> dict[str, int]:
        """For how many days it takes the free plan's quota, by what is billed."""
        counts = self.counts
        return {name: ceil(counts.get(name, 0) / limit) for name, limit in _FREE.items() if limit}

    @property
    def rest_requests(self) -> int:
        """How many requests to the REST API read all entries of KV: listings, and values in bulk."""
        return ceil(self.in_kv / LIMITS.list_keys) + ceil(self.in_kv / LIMITS.bulk_get_keys)

    def as_json(self) -> dict[str, Any]:
        each = {name: round(count / self.bill.entries, 3) for name, count in self.bill.counts.items()}
        days = {"free": max(self.free_days.values()), "paid": 1}
        return {
            "entries": self.entries,
            **_camel(self.counts),
            "mostQueries": self.bill.most_queries,
            "perEntry": _camel(each),
            "days": days,
            "price": {"dollars": round(price(self.counts), 6), "included": is_included(self.counts)},
            "rest": {"requests": self.rest_requests, "seconds": rest_seconds(self.rest_requests)},
        }

    def as_text(self) -> str:
        """One line."""
        counts = self.counts
        asked = [_said(counts, name) for name in FREE_DAY if counts[name]]
        if counts.get(_QUERIES):
            rows = ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in FREE_ROWS)
            asked.append(f"{_said(counts, _QUERIES)} of D1 ({rows})")
        what = "entries" if self.in_kv == self.entries else "entries and rows" if self.in_kv else "rows"
        return (
            f"{self.entries:,} {what} take {_said(counts, 'requests')} of the operator, "
            f"{', '.join(asked)}: {self._days()}{self._too_many()}"
        )

    def price_as_text(self) -> str:
        """What it costs, and how long it takes to copy the entries first; one line."""
        dollars = price_as_text(self.counts)
        if not self.in_kv:
            return dollars
        seconds = rest_seconds(self.rest_requests)
        return (
            f"{dollars}; to read the entries through the REST API takes "
            f"{self.rest_requests:,} requests, {duration(seconds) if seconds else 'within its pace'}"
        )

    def _days(self) -> str:
        name, days = max(self.free_days.items(), key=lambda one: one[1])
        if days <= 1:
            return "within a day of the free plan"
        said = f"{_FREE[name]:,} {name.replace('_', ' ')}"
        return f"{days:,} days of the free plan, whose day does not suffice ({said}); paid, one"

    def _too_many(self) -> str:
        """Where a request asks D1 more than a plan allows."""
        most = self.bill.most_queries
        for plan, name in (("paid", "d1.queries"), ("free", "free.queries")):
            if most > whole(name):
                return f"; a request asks D1 {most:,} times, and the {plan} plan allows {whole(name):,}"
        return ""


def _said(counts: dict[str, int], name: str) -> str:
    """``1 list``, ``1 query``, ``2 queries``."""
    one = name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
    return f"{counts[name]:,} {one if counts[name] == 1 else name}"


def _camel(counts: dict[str, Any]) -> dict[str, Any]:
    """Their names as JSON has them: ``rowsRead``."""
    return {re.sub("_(.)", lambda found: found[1].upper(), name): count for name, count in counts.items()}


def forecast(entries: int, in_kv: int, bills: Sequence[Bill]) -> Forecast | None:
    """For so many entries, ``in_kv`` of them in KV, from the bills of walks; None when none of these did
    anything to its end.
    """
    done = [bill for bill in bills if bill.done and bill.entries and any(bill.counts.values())]
    return Forecast(entries, max(done, key=lambda bill: bill.entries), in_kv) if done and entries else None
